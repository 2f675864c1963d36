import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Lanes } from './lanes.ts';

describe('lanes', () => {
  it('keep the order of each key and the limits, whatever comes when and takes how long', async () => {
    const work = fc.record({ key: fc.constantFrom('a', 'b', 'c'), turns: fc.nat(4) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(work, { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (works, width, perKey) => {
          const lanes = new Lanes({ width, perKey });
          const begun: Record<string, number[]> = { a: [], b: [], c: [] };
          const running: Record<string, number> = { a: 0, b: 0, c: 0 };
          await Promise.all(
            works.map(({ key, turns }, index) =>
              lanes.run(key, async () => {
                begun[key]?.push(index);
                running[key] = (running[key] ?? 0) + 1;
                expect(running[key]).toBeLessThanOrEqual(perKey);
                expect(Object.values(running).reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(width);
                for (let turn = 0; turn < turns; turn++) await Promise.resolve();
                running[key] -= 1;
              }),
            ),
          );
          for (const order of Object.values(begun)) expect(order).toEqual([...order].sort((a, b) => a - b));
          expect(Object.values(begun).flat()).toHaveLength(works.length);
        },
      ),
    );
  });

  it('go on after work that fails', async () => {
    const lanes = new Lanes({ width: 1, perKey: 1 });
    const failed = lanes.run('a', () => Promise.reject(new Error('no')));
    const next = lanes.run('a', () => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });

  it('of other keys are not held up by a full one', async () => {
    const lanes = new Lanes({ width: 2, perKey: 1 });
    const gate = Promise.withResolvers<void>();
    const slow = lanes.run('a', () => gate.promise);
    const behind = lanes.run('a', () => Promise.resolve());
    await lanes.run('b', () => Promise.resolve());
    gate.resolve();
    await Promise.all([slow, behind]);
  });
});
