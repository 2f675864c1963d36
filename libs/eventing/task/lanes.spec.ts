import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Lanes } from './lanes.ts';

const never = new AbortController().signal;

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
              lanes.run(
                key,
                async () => {
                  begun[key]?.push(index);
                  running[key] = (running[key] ?? 0) + 1;
                  expect(running[key]).toBeLessThanOrEqual(perKey);
                  expect(Object.values(running).reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(
                    width,
                  );
                  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
                  running[key] -= 1;
                },
                never,
              ),
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
    const failed = lanes.run('a', () => Promise.reject(new Error('no')), never);
    const next = lanes.run('a', () => Promise.resolve('yes'), never);
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });

  it('of other keys are not held up by a full one', async () => {
    const lanes = new Lanes({ width: 2, perKey: 1 });
    const gate = Promise.withResolvers<void>();
    const slow = lanes.run('a', () => gate.promise, never);
    const behind = lanes.run('a', () => Promise.resolve(), never);
    await lanes.run('b', () => Promise.resolve(), never);
    gate.resolve();
    await Promise.all([slow, behind]);
  });

  it('give their room to others while they rest, but not to their own key', async () => {
    const lanes = new Lanes({ width: 1, perKey: 1 });
    const [rested, awake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const order: string[] = [];
    const first = lanes.run(
      'a',
      async ({ rest }) => {
        order.push('a1 begins');
        await rest(() => {
          rested.resolve();
          return awake.promise;
        });
        order.push('a1 ends');
      },
      never,
    );
    const second = lanes.run('a', () => Promise.resolve(void order.push('a2')), never);
    await rested.promise;
    await lanes.run('b', () => Promise.resolve(void order.push('b')), never);
    awake.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['a1 begins', 'b', 'a1 ends', 'a2']);
  });

  it('give everybody a turn, also when some rest over and over', async () => {
    const lanes = new Lanes({ width: 1, perKey: 1 });
    const order: string[] = [];
    const works = ['a', 'b', 'c'].map((key) =>
      lanes.run(
        key,
        async ({ rest }) => {
          for (let turn = 1; turn <= 3; turn++) {
            order.push(key);
            await rest(() => Promise.resolve());
          }
        },
        never,
      ),
    );
    await Promise.all(works);
    expect(order.join('')).toBe('abcabcabc');
  });

  it('begin nothing that was called off while it waited', async () => {
    const lanes = new Lanes({ width: 1, perKey: 1 });
    const gate = Promise.withResolvers<void>();
    const off = new AbortController();
    const first = lanes.run('a', () => gate.promise, off.signal);
    let begun = false;
    const work = (): Promise<void> => Promise.resolve(void (begun = true));
    const waiting = [lanes.run('a', work, off.signal), lanes.run('b', work, off.signal)];
    off.abort(new Error('off'));
    for (const one of waiting) await expect(one).rejects.toThrow('off');
    await expect(lanes.run('c', work, off.signal)).rejects.toThrow('off');
    gate.resolve();
    await first;
    expect(begun).toBe(false);
  });
});
