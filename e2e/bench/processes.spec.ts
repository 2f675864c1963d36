import { describe, expect, it } from '@jest/globals';
import { fieldsOf, kilobytes } from './processes.ts';

describe('what /proc says of a process', () => {
  it('names its parent, whatever its command is called', () => {
    expect(fieldsOf('4711 (node) S 42 4711 4711 0 -1 4194304 9 0 0 0 250 50 0 0 20').parent).toBe(42);
    expect(fieldsOf('4711 (a ) S 7 (b) R 42 4711 4711 0 -1 0 9 0 0 0 1 2 0 0 20').parent).toBe(42);
  });

  it('gives the time it has taken, in its own code and in the kernel', () => {
    expect(fieldsOf('4711 (node) S 42 4711 4711 0 -1 4194304 9 0 0 0 250 50 0 0 20').cpuSeconds).toBe(3);
  });

  it('gives sizes by their exact name', () => {
    const rollup = '55e0-7ffd ---p 0 00:00 0 [rollup]\nRss:   900 kB\nPss:   600 kB\nPss_Dirty:   500 kB\n';
    expect(kilobytes(rollup, 'Pss')).toBe(600);
    expect(kilobytes(rollup, 'Swap')).toBeUndefined();
    expect(kilobytes(undefined, 'Pss')).toBeUndefined();
  });
});
