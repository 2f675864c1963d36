import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FUNCTIONS, SIGNATURES } from './functions.ts';

describe('the functions of rules', () => {
  it('are all in the README', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const names = [...Object.keys(FUNCTIONS), ...SIGNATURES].map((key) => /\w+/.exec(key)?.[0] ?? key);
    expect([...new Set(names)].filter((name) => !readme.includes(`\`${name}`))).toEqual([]);
  });
});
