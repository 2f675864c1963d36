import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { COMMANDS } from '../commands.ts';
import { createProgram } from '../program.ts';
import { completionScript } from './script.ts';
import { SHELLS } from './words.ts';

const quiet = { out: () => undefined, note: () => undefined, columns: undefined };
const program = createProgram(quiet, () => Promise.resolve());

/** What bash offers at the end of these words. */
function offered(...words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const script = `${completionScript('bash', program)}\nCOMP_WORDS=(formbus ${line}); COMP_CWORD=${words.length}; _formbus; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  return out.split('\n').filter((word) => word !== '');
}

describe('completion in bash', () => {
  it.each<[readonly string[], readonly string[]]>([
    [['st'], ['status', 'streams']],
    [['--json', 'dlq', 'li'], ['list']],
    [
      ['--url', 'http://x', 'completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      ['tasks', 'list', '--state', 'r'],
      ['running', 'retrying'],
    ],
    [['dlq', 'discard', '--re'], ['--reason']],
    [['webhooks', 'rotate'], ['rotate-secret']],
    [['dlq', 'list', '--kind', ''], []],
  ])('after %j offers %j', (words, expected) => {
    expect(
      offered(...words).filter(
        (word) => !['--json', '--via', '--url', '--key', '--nats', '--data', '--help'].includes(word),
      ),
    ).toEqual(expected);
  });
});

describe('completion', () => {
  it.each(SHELLS)('of %s knows every command', (shell) => {
    const script = completionScript(shell, program);
    const names = COMMANDS.flatMap((entry) => ['commands' in entry ? entry.commands : [], entry].flat()).map(
      ({ name }) => name,
    );
    expect(names.filter((name) => !script.includes(name))).toEqual([]);
  });
});
