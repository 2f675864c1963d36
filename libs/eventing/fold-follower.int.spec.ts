import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { families } from '#contracts/subjects';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { FoldFollower } from './fold-follower.ts';
import { count } from './testing/notebook.ts';
import { openWorld, silent, type World } from './testing/world.ts';

let nats: TestNats;
let world: World;

beforeAll(async () => {
  nats = await startTestNats();
  world = await openWorld(nats.url);
});

afterAll(async () => {
  await world?.bus.close();
  await nats?.stop();
});

/** Who has counted, folded from the log; throws at names that `cannotFold`. */
function follower(cannotFold = new Set<string>()) {
  const names: string[] = [];
  const fold = new FoldFollower({
    ...{ log: world.log, logger: silent, name: 'the counts', filters: [families.form] },
    fold: ({ data }) => {
      const { by } = data as { by: string };
      if (cannotFold.has(by)) throw new Error(`cannot fold ${by}`);
      names.push(by);
    },
  });
  return { fold, names };
}

const counted = (by: string): Promise<unknown> => world.executor.execute(count('counter', { by }));

describe('a fold that follows the log', () => {
  it('holds all that was there when it has started, and on request all that is there now', async () => {
    await counted('a');
    const { fold, names } = follower();
    await fold.start();
    expect(names).toEqual(['a']);
    expect(fold.complete).toBe(true);
    await counted('b');
    await fold.refresh();
    expect(names).toEqual(['a', 'b']);
    await fold.stop();
  });

  it('passes over nothing that it cannot fold, says so, and goes on when it can', async () => {
    const cannotFold = new Set(['c']);
    const { fold, names } = follower(cannotFold);
    await fold.start();
    await counted('c');
    await counted('d');
    await eventually(() => expect(fold.complete).toBe(false));
    await expect(fold.refresh()).rejects.toMatchObject({ code: 'service_unavailable' });
    expect(names).toEqual(['a', 'b']);
    cannotFold.clear();
    await eventually(() => expect(names).toEqual(['a', 'b', 'c', 'd']));
    await eventually(() => expect(fold.complete).toBe(true));
    await fold.stop();
  });

  it('folds every event once, over a restart of the server', async () => {
    const { fold, names } = follower();
    await fold.start();
    await nats.restart();
    await eventually(() => counted('e'));
    await eventually(() => expect(names).toEqual(['a', 'b', 'c', 'd', 'e']));
    await fold.stop();
  });
});
