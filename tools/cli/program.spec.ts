import { describe, expect, it } from '@jest/globals';
import { COMMANDS } from './commands.ts';
import type { CommandSpec } from './command.ts';
import { createProgram, GLOBAL_OPTIONS } from './program.ts';

const quiet = { out: () => undefined, note: () => undefined, columns: undefined };

const specs: readonly (readonly [path: string, spec: CommandSpec])[] = COMMANDS.flatMap((entry) =>
  'commands' in entry
    ? entry.commands.map((one) => [`formbus ${entry.name} ${one.name}`, one] as const)
    : [[`formbus ${entry.name}`, entry] as const],
);

/** Words of a shell's line up to what the shell itself does. */
const wordsOf = (line: string): string[] =>
  [...(line.split(/ [|>] /)[0] ?? '').matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );

describe('the tree of commands', () => {
  it.each(specs)('%s has examples that are valid command lines of it', async (path, spec) => {
    expect(spec.examples.length).toBeGreaterThan(0);
    for (const [line] of spec.examples) {
      expect(line.startsWith(path)).toBe(true);
      const performed: string[] = [];
      const program = createProgram(quiet, (found) => {
        performed.push(found.name);
        return Promise.resolve();
      });
      await program.parseAsync(wordsOf(line).slice(1), { from: 'user' });
      expect(performed).toEqual([spec.name]);
    }
  });

  it.each(specs)('%s has no option that every command has already', (_path, spec) => {
    const global = new Set(GLOBAL_OPTIONS.map(({ long }) => long));
    expect((spec.options ?? []).filter(({ long }) => global.has(long))).toEqual([]);
  });

  it.each(specs.filter(([, { talksTo }]) => talksTo.length > 0))(
    '%s says what --json prints',
    (_path, spec) => {
      expect(spec.json).toMatch(/`/);
    },
  );

  it('hands over arguments and options by name', async () => {
    const given: object[] = [];
    const program = createProgram(quiet, (_spec, options, input) => {
      given.push(options, input);
      return Promise.resolve();
    });
    await program.parseAsync(['dlq', 'retry', '1', '2', '--json', '--kind', 'mail', '--nats', 'nats://n'], {
      from: 'user',
    });
    expect(given).toEqual([
      { json: true, nats: 'nats://n', kind: 'mail', limit: 100 },
      { ids: ['1', '2'], kind: 'mail', limit: 100 },
    ]);
  });
});
