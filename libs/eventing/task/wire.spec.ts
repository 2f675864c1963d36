import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { splitHeaders } from '../headers.ts';
import { messageId, parseTask, printSchedule, printTask, scheduleSubject } from './wire.ts';

const definition = { tier: 'high', kind: 'spec', payload: z.object({ n: z.int() }) } as const;
const received = (lines: string, payload: unknown, seq = 5) => ({
  seq,
  subject: 'task.high.spec',
  headers: splitHeaders(`NATS/1.0\r\n${lines}\r\n`),
  payload: Buffer.from(JSON.stringify(payload)),
});

describe('a task on the wire', () => {
  it('reads as it was written, whatever its ids hold', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    const envelope = fc.record(
      {
        id: text,
        kind: fc.constant('spec'),
        attempt: fc.integer({ min: 1, max: 30 }),
        queuedAt: fc.constant('2026-01-02T03:04:05.000Z'),
        correlation: text,
        actor: text,
        batch: text,
        deaths: fc.integer({ min: 1, max: 5 }),
        traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
      },
      { requiredKeys: ['id', 'kind', 'attempt', 'queuedAt', 'correlation', 'actor'] },
    );
    fc.assert(
      fc.property(envelope, fc.integer(), (given, n) => {
        const task = { ...given, payload: { n } };
        expect(parseTask(definition, received(printTask(given) + messageId(given), { n }))).toEqual(task);
      }),
    );
  });

  it('that recurs is another one each time', () => {
    const envelope = {
      id: 'sweep',
      kind: 'spec',
      attempt: 1,
      queuedAt: '2026-01-02T03:04:05.000Z',
      correlation: 'c',
      actor: 'a',
    };
    const lines = printTask(envelope, { recurring: true }) + 'Nats-Scheduler: sched.high.spec.sweep\r\n';
    expect(parseTask(definition, received(lines, { n: 1 }, 7)).id).toBe('sweep-7');
    expect(parseTask(definition, received(lines, { n: 1 }, 8)).id).toBe('sweep-8');
  });

  it('is refused when it is none', () => {
    expect(() => parseTask(definition, received('', { n: 1 }))).toThrow('formbus-attempt is missing');
    const lines = 'formbus-task: t\r\nformbus-kind: spec\r\nformbus-attempt: 0\r\n';
    expect(() => parseTask(definition, received(lines, { n: 1 }))).toThrow('formbus-attempt');
  });

  it('has a schedule on one subject, however it is named', () => {
    expect(scheduleSubject(definition, 'abc-1')).toBe('sched.high.spec.abc-1');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        const [one, other] = [scheduleSubject(definition, a), scheduleSubject(definition, b)];
        expect(one.split('.')).toHaveLength(4);
        expect(one).not.toMatch(/[*>\s]/);
        expect(one === other).toBe(a === b || Buffer.from(a).equals(Buffer.from(b)));
      }),
    );
  });

  it('is due once, by an interval or by a cron expression', () => {
    const at = new Date('2026-01-02T03:04:05Z');
    expect(printSchedule({ at }, definition)).toBe(
      'Nats-Schedule: @at 2026-01-02T03:04:05.000Z\r\nNats-Schedule-Target: task.high.spec\r\n',
    );
    expect(printSchedule({ everyMs: 90_000 }, definition)).toContain('Nats-Schedule: @every 90s\r\n');
    expect(printSchedule({ cron: '0 0 3 * * *', timeZone: 'Europe/Berlin' }, definition)).toContain(
      'Nats-Schedule: 0 0 3 * * *\r\nNats-Schedule-Time-Zone: Europe/Berlin\r\n',
    );
  });
});
