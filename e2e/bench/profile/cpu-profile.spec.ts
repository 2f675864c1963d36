import { describe, expect, it } from '@jest/globals';
import { placeOf, summarize } from './cpu-profile.ts';

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });

describe('the summary of a CPU profile', () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 3, 6] },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('handle', 'file:///x/dist/libs/eventing/executor.js', 9), children: [4] },
      { id: 4, callFrame: frame('parse', 'file:///x/node_modules/zod/v4/core.js', 1), children: [5] },
      { id: 5, callFrame: frame('parse', 'file:///x/node_modules/zod/v4/core.js', 1) },
      { id: 6, callFrame: frame('(garbage collector)') },
    ],
    samples: [2, 3, 4, 5, 5, 6],
    timeDeltas: [500, 100, 100, 100, 100, 100],
  };

  it('leaves idle time out, and counts a recursion once', () => {
    const { busySeconds, functions } = summarize(profile);
    expect(busySeconds).toBeCloseTo(0.0005, 9);
    expect(functions).toEqual([
      { name: 'parse  node_modules/zod/v4/core.js:2', self: 60, total: 60 },
      { name: 'handle  dist/libs/eventing/executor.js:10', self: 20, total: 80 },
      { name: '(garbage collector)', self: 20, total: 20 },
    ]);
  });

  it('names the package, the folder or the part of Node', () => {
    expect(summarize(profile).places.map(({ name }) => name)).toEqual(['zod', 'dist/libs/eventing', '(garbage collector)']);
    expect(placeOf(frame('f', 'file:///x/node_modules/@nestjs/core/router.js'))).toBe('@nestjs/core');
    expect(placeOf(frame('f', 'file:///x/node_modules/a/node_modules/b/i.js'))).toBe('b');
    expect(placeOf(frame('f', 'node:internal/streams/readable'))).toBe('node:internal/streams');
    expect(placeOf(frame('writev'))).toBe('(native)');
  });
});
