import { describe, expect, it } from '@jest/globals';
import { placeOf, summarize } from './cpu-profile.ts';

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });
const always = { from: 0, to: Infinity };

describe('the summary of a CPU profile', () => {
  const profile = {
    startTime: 10_000,
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 3, 6] },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('handle', 'file:///x/dist/libs/eventing/executor.js', 9), children: [4] },
      { id: 4, callFrame: frame('parse', 'file:///x/node_modules/zod/v4/core.js', 1), children: [5] },
      { id: 5, callFrame: frame('parse', 'file:///x/node_modules/zod/v4/core.js', 1), children: [7] },
      { id: 6, callFrame: frame('(garbage collector)') },
      { id: 7, callFrame: frame('test') },
    ],
    samples: [2, 3, 4, 5, 7, 6],
    timeDeltas: [500, 100, 100, 100, 100, 100],
  };

  it('leaves idle time out, and counts a recursion once', () => {
    const { busySeconds, functions } = summarize(profile, always);
    expect(busySeconds).toBeCloseTo(0.0005, 9);
    expect(functions).toEqual([
      { name: 'parse  node_modules/zod/v4/core.js:2', self: 40, total: 60 },
      { name: 'handle  dist/libs/eventing/executor.js:10', self: 20, total: 80 },
      { name: 'test', self: 20, total: 20 },
      { name: '(garbage collector)', self: 20, total: 20 },
    ]);
  });

  it('takes the samples of its window alone', () => {
    const { functions } = summarize(profile, { from: 10_550, to: 10_700 });
    expect(functions.map(({ self }) => self)).toEqual([50, 50]);
  });

  it('names packages, folders and parts of Node, and counts what is native for its caller', () => {
    expect(summarize(profile, always).places).toEqual([
      { name: 'zod', self: 60, total: 60 },
      { name: 'dist/libs/eventing', self: 20, total: 80 },
      { name: '(garbage collector)', self: 20, total: 20 },
    ]);
    expect(placeOf('file:///x/node_modules/@nestjs/core/router.js')).toBe('@nestjs/core');
    expect(placeOf('file:///x/node_modules/a/node_modules/b/i.js')).toBe('b');
    expect(placeOf('node:internal/streams/readable')).toBe('node:internal/streams');
  });
});
