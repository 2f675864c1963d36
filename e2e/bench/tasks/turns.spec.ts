import { describe, expect, it } from '@jest/globals';
import type { BenchOptions } from '../bench.ts';
import type { Closing } from '../closing.ts';
import type { Contender } from './contender.ts';
import { cpuOf, fastest, inTurn, ratesOf, ratioOf, type Turn } from './turns.ts';

const options: BenchOptions = {
  quick: true,
  profile: undefined,
  redis: true,
  signal: new AbortController().signal,
  say: () => undefined,
};

/** One that does so many tasks a second, and writes down that it was its turn. */
const steady = (name: string, perSecond: number, order: string[] = []): Contender => ({
  name,
  about: `${perSecond} a second`,
  processes: {},
  run: (tasks) => {
    order.push(`${name} ${tasks}`);
    return Promise.resolve(tasks / perSecond);
  },
});

describe('contenders', () => {
  it('take turns, in the other order each round, after one stretch that does not count', async () => {
    const order: string[] = [];
    const turns = await inTurn(
      [steady('ours', 900, order), steady('theirs', 300, order)],
      { tasks: 30, warmUp: 3, rounds: 2 },
      options,
    );
    expect(order).toEqual(['ours 3', 'theirs 3', 'ours 30', 'theirs 30', 'theirs 30', 'ours 30']);
    expect(ratesOf(turns, 'ours')).toEqual([900, 900]);
    expect(ratioOf(turns, 'ours', 'theirs')?.value).toBeCloseTo(3);
    expect(ratioOf(turns, 'ours', 'nobody')).toBeUndefined();
  });

  it('are tried, ended, and chosen by their speed', async () => {
    const ended: string[] = [];
    const setUp = (perSecond: number, steps: Closing): Promise<Contender> => {
      steps.later(`${perSecond}`, (name) => Promise.resolve(void ended.push(name)));
      return Promise.resolve(steady('ours', perSecond));
    };
    const choice = await fastest([10, 20, 15], setUp, 5);
    expect(choice).toEqual({ way: 20, tried: { '10 a second': 10, '20 a second': 20, '15 a second': 15 } });
    expect(ended).toEqual(['10', '20', '15']);
  });

  it('are told what they cost, by process and in all', () => {
    const turn = (nats: number, worker: number): Turn => ({ perSecond: 1, cpuMsPerTask: { nats, worker } });
    expect(cpuOf([turn(0.1, 0.2), turn(0.3, 0.2)])).toEqual({ nats: 0.2, worker: 0.2, all: 0.4 });
  });
});
