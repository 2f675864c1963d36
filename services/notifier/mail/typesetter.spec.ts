import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Typesetter, type Typeset } from './typesetter.ts';

const typesetter = new Typesetter();
afterAll(() => typesetter.close());

const typeset = async (source: string, variables: readonly object[] = [{}]): Promise<Typeset | undefined> => {
  const [first] = await typesetter.typeset({ parts: [{ source, html: false }], variables, names: false });
  return first;
};
const SORTED = '{{ (1..20000) | reverse | sort | size }}';
/** Of which each is within its bounds, and all together are not. */
const ENDLESS = Array.from({ length: 10_000 }, () => ({}));

describe('the thread for templates', () => {
  it('is killed when they take too long, and there again for the next', async () => {
    await expect(typeset(SORTED, ENDLESS)).rejects.toThrow('takes longer than 2000 ms');
    expect(await typeset('{{ a }}', [{ a: 1 }, { a: 2 }])).toEqual({ made: ['1', '2'] });
  });

  it('is killed when they take too much memory, and there again for the next', async () => {
    await expect(typeset('{{ (1..1300000) | reverse | sort | size }}')).rejects.toThrow(
      /takes (too much memory|longer)/,
    );
    expect(await typeset('still here')).toEqual({ made: ['still here'] });
  });

  it('leaves the loop to others', async () => {
    let over = false;
    const done = typeset(SORTED, ENDLESS.slice(0, 50)).finally(() => (over = true));
    let turns = 0;
    for (; !over; turns++) await turn();
    expect(await done).toMatchObject({ made: expect.arrayContaining(['20000']) });
    expect(turns).toBeGreaterThan(10);
  });

  it('takes requests in turn, and refuses more than can wait', async () => {
    const asked = Array.from({ length: 33 }, (_, i) => typeset(`${i}`));
    const [first, ...others] = await Promise.allSettled(asked);
    expect(first).toMatchObject({ value: { made: ['0'] } });
    expect(others.at(-2)).toMatchObject({ value: { made: ['31'] } });
    expect(others.at(-1)).toMatchObject({ reason: { code: 'overloaded' } });
  });

  it('starts again after it was closed', async () => {
    await typesetter.close();
    expect(await typeset('again')).toEqual({ made: ['again'] });
  });
});
