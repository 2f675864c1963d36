import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '#contracts/errors';
import { defineEvent, type DomainEvent } from '#contracts/event';
import type { Decider } from '../decider.ts';
import type { Execute } from '../execute.ts';

/** A small world for specs of this folder: counters with a limit, and notebooks whose lines are sealed. */
export const counted = defineEvent({
  name: 'test.counter.counted',
  version: 1,
  family: 'form',
  data: z.object({ by: z.string() }),
  summary: 'Counted one further.',
});

export const lineWritten = defineEvent({
  name: 'test.notebook.written',
  version: 1,
  family: 'submission',
  data: z.object({ line: z.string(), page: z.int(), mac: z.string() }),
  sealed: ['line'],
  summary: 'A line was written.',
});

export const WORLD = [counted, lineWritten];

type Counted = DomainEvent<'test.counter.counted.v1', { by: string }>;
type Written = DomainEvent<'test.notebook.written.v1', { line: string; page: number; mac: string }>;

export interface Count {
  readonly by: string;
  /** Counting beyond is refused. */
  readonly limit?: number;
  /** Events of this one command, 1 by default. */
  readonly times?: number;
}

/** Counts who comes; the same one twice is a replay. */
export const counter: Decider<Count, readonly string[], Counted> = {
  initial: [],
  decide({ by, limit, times = 1 }, state) {
    if (state.includes(by)) return [];
    if (limit !== undefined && state.length >= limit) throw new Problem('form_retired', 'full');
    return Array.from({ length: times }, () => ({ type: 'test.counter.counted.v1', data: { by } }) as const);
  },
  evolve: (state, event) => [...state, event.data.by],
};

export const notebook: Decider<{ line: string }, readonly string[], Written> = {
  initial: [],
  decide({ line }, state, { mac }) {
    if (state.includes(line)) return [];
    return [{ type: 'test.notebook.written.v1', data: { line, page: state.length + 1, mac: mac(line) } }];
  },
  evolve: (state, event) => [...state, event.data.line],
};

const meta = () => ({
  commandId: randomUUID(),
  time: '2026-01-02T03:04:05.000Z',
  actor: 'tester',
  correlation: 'spec',
});

type Options = Pick<
  Partial<Execute<unknown, unknown, DomainEvent>>,
  'fresh' | 'deadlineMs' | 'expectVersion'
>;

export function count(
  name: string,
  command: Count,
  options: Options = {},
): Execute<Count, readonly string[], Counted> {
  return { subject: `evt.w.form.${name}`, decider: counter, command, meta: meta(), ...options };
}

export function write(
  name: string,
  line: string,
  options: Options = {},
): Execute<{ line: string }, readonly string[], Written> {
  const subject = `evt.w.submission.f.${name}`;
  return {
    subject,
    decider: notebook,
    command: { line },
    meta: meta(),
    sealedBy: { workspace: 'w', owner: name },
    ...options,
  };
}
