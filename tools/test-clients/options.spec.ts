import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../start/user-error.ts';
import { parseOptions } from './options.ts';

describe('parseOptions', () => {
  const names = (...args: string[]): string[] | undefined => parseOptions(args)?.map(({ name }) => name);

  it('tests every receiver, or those that are named', () => {
    expect(names()).toEqual(['node', 'python', 'go']);
    expect(names('--only', 'node')).toEqual(['node']);
    expect(names('--only', 'go,python')).toEqual(['go', 'python']);
    expect(names('--help')).toBeUndefined();
  });

  it.each(['--only ruby', '--only ', '--only go,', '--except go', 'node'])('refuses %j', (line) => {
    expect(() => parseOptions(line.split(' '))).toThrow(UsageError);
  });
});
