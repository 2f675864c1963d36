import type { Tier } from '#contracts/task';

export interface NewTask {
  readonly service: string;
  /** The folder in contracts/ and in the service. */
  readonly noun: string;
  /** `export-answers` */
  readonly kind: string;
  readonly tier: Tier;
  readonly tracked: boolean;
}

/** One name of a module. */
export interface Import {
  readonly name: string;
  readonly from: string;
}

/** Each new file by its path from the root of the repository, with its text. */
export function taskFiles(task: NewTask): ReadonlyMap<string, string> {
  const { service, noun, kind } = task;
  return new Map([
    [`contracts/${noun}/${kind}.task.ts`, contract(task)],
    [`services/${service}/${noun}/${kind}.task.ts`, handler(task)],
    [`services/${service}/${noun}/${kind}.task.spec.ts`, spec(task)],
  ]);
}

/** `export-answers` gives `exportAnswers`. */
export const camelCase = (kind: string): string =>
  kind.replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

const contract = ({ kind, tier, tracked }: NewTask): string => `import { z } from 'zod';
import { defineTask } from '../task.ts';

export const ${camelCase(kind)}Task = defineTask({
  kind: '${kind}',
  tier: '${tier}',
  summary: 'Say here what is done, for operators.',
  // Ids alone: a payload outlives an erasure.
  payload: z.object({ workspace: z.string() }),
${tracked ? '  result: z.object({}),\n' : ''}  tracked: ${tracked},
  timeoutMs: 60_000,
  backoffMs: [1_000, 10_000, 60_000, 600_000],
  concurrency: ${tier === 'batch' ? 1 : 8},
});
`;

const handler = ({ noun, kind, tracked }: NewTask): string => {
  const name = camelCase(kind);
  return `import type { z } from 'zod';
import type { ${name}Task } from '#contracts/${noun}/${kind}.task';
import { Permanent } from '#eventing/disposition';
import type { TaskContext } from '#eventing/task/context';

/** May run more than once for one task, even at the same time: its effect must not care. */
export function ${name}(
  { workspace }: z.infer<typeof ${name}Task.payload>,
  { signal${tracked ? ', progress' : ''} }: TaskContext,
): Promise<${tracked ? `z.infer<NonNullable<typeof ${name}Task.result>>` : 'void'}> {
  signal.throwIfAborted();
${tracked ? '  progress({ done: 0, total: null });\n' : ''}  return Promise.reject(new Permanent(\`nothing is done for \${workspace} yet\`));
}
`;
};

const spec = ({ kind, tracked }: NewTask): string => {
  const name = camelCase(kind);
  return `import { describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { ${name} } from './${kind}.task.ts';

describe('the task ${kind}', () => {
  it('does what it is there for', async () => {
    const context = {
      id: 'task',
      attempt: 1,
      last: false,
      signal: new AbortController().signal,
      actor: 'spec',
      correlation: 'spec',
      logger: pino({ level: 'silent' }),
      resume: null,
      progress: () => undefined,
    };
    await expect(${name}({ workspace: 'w' }, context)).resolves.${tracked ? 'toEqual({})' : 'toBeUndefined()'};
  });
});
`;
};

/**
 * The text of a module with what it lacks of these imports, and one more entry at the end of its last list.
 *
 * @throws Error when there is no such list
 */
export function withEntry(text: string, imports: readonly Import[], entry: string): string {
  const end = text.lastIndexOf('];');
  if (end < 0) throw new Error('there is no list to add to');
  const before = text.slice(0, end).trimEnd();
  const separator = before.endsWith('[') || before.endsWith(',') ? '' : ',';
  const lines = imports
    .filter(({ name }) => !new RegExp(`^import .*\\b${name}\\b`, 'm').test(text))
    .map(({ name, from }) => `import { ${name} } from '${from}';\n`);
  return `${lines.join('')}${before}${separator} ${entry}${text.slice(end)}`;
}
