import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { testDatabase } from '#tools/testing/mongo';
import { Checkpoints, Fenced, Superseded, type Checkpoint } from './checkpoint.ts';
import { connectDatabase, type Database } from './database.ts';
import { createGeneration } from './generation.ts';
import { accountsIn } from './testing/accounts.ts';
import { silent } from './testing/world.ts';

describe('the checkpoint of a projection', () => {
  let database: Database;
  let checkpoints: Checkpoints;
  let name: string;

  beforeAll(async () => {
    database = connectDatabase({ ...testDatabase(), logger: silent });
    await database.whenAvailable(AbortSignal.timeout(10_000));
    checkpoints = new Checkpoints(database);
  });
  let count = 0;
  beforeEach(() => {
    name = `p${++count}`;
  });
  afterAll(() => database.close());

  const asOf = new Date(0);
  const begin = (token: number): Promise<Checkpoint> =>
    createGeneration(
      database,
      checkpoints,
      { ...accountsIn('w'), name },
      { epoch: 'e', token, state: 'building' },
    );
  const seqOf = async ({ generation }: Checkpoint): Promise<number | undefined> =>
    (await checkpoints.find(name, generation))?.seq;

  it('moves forward, and never back', async () => {
    await checkpoints.claim(name, { token: 1, epoch: 'e' });
    const checkpoint = await begin(1);
    await checkpoints.advance(checkpoint, { seq: 7, asOf });
    await expect(checkpoints.advance(checkpoint, { seq: 6, asOf })).rejects.toThrow(Fenced);
    expect(await seqOf(checkpoint)).toBe(7);
  });

  it('is not moved, and the swap not made, by a former holder that wakes up', async () => {
    await checkpoints.claim(name, { token: 1, epoch: 'e' });
    const checkpoint = await begin(1);
    await checkpoints.claim(name, { token: 2, epoch: 'e' });
    await expect(checkpoints.advance(checkpoint, { seq: 7, asOf })).rejects.toThrow(Fenced);
    await expect(checkpoints.activate(checkpoint, null)).rejects.toThrow(Fenced);
    await expect(checkpoints.claim(name, { token: 1, epoch: 'e' })).rejects.toThrow(Superseded);
    expect(await seqOf(checkpoint)).toBe(0);
    expect(await checkpoints.pointer(name)).toMatchObject({ active: null, token: 2 });
  });

  it('can be claimed again under the same lease, after a failure', async () => {
    await checkpoints.claim(name, { token: 3, epoch: 'e' });
    expect(await checkpoints.claim(name, { token: 3, epoch: 'e' })).toMatchObject({ token: 3 });
  });

  it('can be claimed with a lower token in a new epoch, where leases count anew, or when that token is to be believed', async () => {
    await checkpoints.claim(name, { token: 9, epoch: 'e' });
    expect(await checkpoints.claim(name, { token: 1, epoch: 'f' })).toMatchObject({ token: 1, epoch: 'f' });
    await checkpoints.claim(name, { token: 9, epoch: 'f' });
    expect(await checkpoints.claim(name, { token: 2, epoch: 'f' }, true)).toMatchObject({ token: 2 });
  });

  it('forgets a halt when it moves on', async () => {
    await checkpoints.claim(name, { token: 1, epoch: 'e' });
    const checkpoint = await begin(1);
    await checkpoints.halt(checkpoint, { position: 'e.3', subject: 's', type: 't', id: 'i', detail: 'd' });
    expect((await checkpoints.find(name, checkpoint.generation))?.halted).toMatchObject({ detail: 'd' });
    await checkpoints.advance(checkpoint, { seq: 3, asOf });
    expect((await checkpoints.find(name, checkpoint.generation))?.halted).toBeNull();
  });

  it('answers the request that a swap was made for, and no other', async () => {
    await checkpoints.claim(name, { token: 1, epoch: 'e' });
    const [first, second] = [await begin(1), await begin(1)];
    await checkpoints.activate(first, null);
    await checkpoints.request(name, 'new');
    await checkpoints.activate(second, 'old');
    expect(await checkpoints.pointer(name)).toMatchObject({ active: second.generation, rebuild: 'new' });
    expect((await checkpoints.all(name)).map(({ state }) => state).sort()).toEqual(['complete', 'retired']);
    await checkpoints.activate(first, 'new');
    expect(await checkpoints.pointer(name)).toMatchObject({ active: first.generation, rebuild: null });
  });

  it('is not asked to rebuild what is not there', async () => {
    await expect(checkpoints.request('nothing', 'r')).rejects.toThrow('there is no projection nothing');
  });
});
