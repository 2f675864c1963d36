import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { jetStream } from './jetstream-api.ts';
import { metrics } from './metrics.ts';
import { count, counter, write } from './testing/notebook.ts';
import { openWorld, type World } from './testing/world.ts';

describe('the executor', () => {
  let nats: TestNats;
  let world: World;
  const others: World[] = [];
  let name: string;

  beforeAll(async () => {
    nats = await startTestNats();
    world = await openWorld(nats.url);
  });
  beforeEach(() => {
    name = randomUUID();
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other.bus.close();
  });
  afterAll(async () => {
    await world.bus.close();
    await nats.stop();
  });

  const another = async (): Promise<World> => {
    const other = await openWorld(nats.url);
    others.push(other);
    return other;
  };
  const read = (subject: string) => world.log.read(subject);

  it('appends what is decided and says where it lies', async () => {
    const done = await world.executor.execute(count(name, { by: 'a', times: 3 }));

    const events = await read(`evt.w.form.${name}`);
    expect(events.map(({ version, data, id }) => [version, data, id.split('.')[1]])).toEqual([
      [1, { by: 'a' }, '1'],
      [2, { by: 'a' }, '2'],
      [3, { by: 'a' }, '3'],
    ]);
    expect(done).toEqual({
      state: ['a', 'a', 'a'],
      version: 3,
      first: events[0]?.position,
      last: events[2]?.position,
      appended: 3,
    });
  });

  it('answers a repeat with the positions of the first time', async () => {
    const first = await world.executor.execute(write(name, 'hello', { fresh: true }));
    await world.executor.execute(write(name, 'more'));
    const repeat = await (await another()).executor.execute(write(name, 'hello', { fresh: true }));

    expect(repeat).toMatchObject({ appended: 0, version: 2, first: first.first });
    expect(await read(`evt.w.submission.f.${name}`)).toHaveLength(2);
  });

  it('creates the data key beside the first event and makes MACs under it', async () => {
    const before = await world.log.lastSeq();
    await world.executor.execute(write(name, 'secret', { fresh: true }));
    expect(await world.log.lastSeq()).toBeGreaterThanOrEqual(before + 2);

    const other = await another();
    const [event] = await other.log.read(`evt.w.submission.f.${name}`);
    const key = await other.keyring.dataKey('w', name);
    expect(event?.data).toEqual({ line: 'secret', page: 1, mac: key === 'erased' ? '' : key.mac('secret') });
  });

  it('refuses a command whose expected version is not the newest', async () => {
    await world.executor.execute(count(name, { by: 'a' }));
    await expect(
      world.executor.execute(count(name, { by: 'b' }, { expectVersion: 2 })),
    ).rejects.toMatchObject({ code: 'stale' });
    await expect(
      world.executor.execute(count(name, { by: 'b' }, { expectVersion: 1 })),
    ).resolves.toMatchObject({ version: 2 });
  });

  it('sees what another process appended before the command came, even to refuse it', async () => {
    const other = await another();
    for (let round = 0; round < 20; round++) {
      const { executor } = round % 2 === 0 ? world : other;
      await executor.execute(count(name, { by: `r${round}`, limit: 20 }));
    }
    await expect(other.executor.execute(count(name, { by: 'late', limit: 20 }))).rejects.toMatchObject({
      code: 'form_retired',
    });
  });

  it('takes exactly as many of 500 concurrent commands as the limit allows, and all of the others', async () => {
    const hot = Array.from({ length: 500 }, (_, i) =>
      world.executor.execute(count(name, { by: `n${i}`, limit: 100 })),
    );
    const cold = Array.from({ length: 300 }, (_, i) =>
      world.executor.execute(write(`${name}-${i}`, 'x', { fresh: true })),
    );
    const outcomes = await Promise.allSettled(hot);

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'form_retired' });
    expect(await read(`evt.w.form.${name}`)).toHaveLength(100);
    for (const done of await Promise.all(cold)) expect(done).toMatchObject({ version: 1, appended: 1 });
  });

  it('loses no update when four processes race on the same subjects', async () => {
    const worlds = [world, await another(), await another(), await another()];
    const subjects = ['a', 'b', 'c'].map((suffix) => `${name}-${suffix}`);
    const racing = worlds.flatMap((each, process) =>
      subjects.flatMap((subject) =>
        Array.from({ length: 50 }, (_, i) =>
          each.executor.execute(count(subject, { by: `${process}.${i}` }, { deadlineMs: 20_000 })),
        ),
      ),
    );
    const done = await Promise.all(racing);
    for (const subject of subjects) {
      const events = await read(`evt.w.form.${subject}`);
      expect(events.map(({ version }) => version)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
      expect(new Set(events.map(({ data }) => (data as { by: string }).by)).size).toBe(200);
    }
    expect(new Set(done.map(({ last }) => last)).size).toBe(600);
  });

  it('creates an aggregate once when several processes try at the same time', async () => {
    const worlds = [world, await another(), await another()];
    for (let round = 0; round < 10; round++) {
      const done = await Promise.all(
        worlds.map((each) => each.executor.execute(write(`${name}-${round}`, 'once', { fresh: true }))),
      );
      expect(done.map(({ appended }) => appended).sort()).toEqual([0, 0, 1]);
      expect(new Set(done.map(({ first }) => first)).size).toBe(1);
    }
  });

  it('rejects one command of a batch without harm to the others', async () => {
    const [full, bad, good] = await Promise.allSettled([
      world.executor.execute(count(name, { by: 'a', limit: 1 })),
      world.executor.execute(count(name, { by: 'b', limit: 1 })),
      world.executor.execute(count(`${name}-other`, { by: 'a' })),
    ]);
    expect(full).toMatchObject({ status: 'fulfilled' });
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'form_retired' } });
    expect(good).toMatchObject({ status: 'fulfilled' });
  });

  it('fails a decider that decides nonsense, and no other command', async () => {
    const nonsense = {
      ...counter,
      decide: () => [{ type: 'test.counter.counted.v1' as const, data: { by: 1 as unknown as string } }],
    };
    const [bad, good] = await Promise.allSettled([
      world.executor.execute({ ...count(name, { by: 'a' }), decider: nonsense }),
      world.executor.execute(count(`${name}-other`, { by: 'a' })),
    ]);
    expect(bad).toMatchObject({ status: 'rejected' });
    expect(good).toMatchObject({ status: 'fulfilled' });
  });

  it('says erased when the data key is gone', async () => {
    await world.executor.execute(write(name, 'secret', { fresh: true }));
    const seq = await world.log.tail(`key.w.${name}`);
    await jetStream(world.bus, 'STREAM.MSG.DELETE.EVENTS', { seq });
    const other = await another();
    await expect(other.executor.execute(write(name, 'more'))).rejects.toMatchObject({ code: 'erased' });
    await expect(other.executor.execute(write(name, 'secret', { fresh: true }))).rejects.toMatchObject({
      code: 'erased',
    });
  });

  it('splits more than a thousand messages into batches', async () => {
    const done = await Promise.all(
      Array.from({ length: 1500 }, (_, i) => world.executor.execute(count(name, { by: `n${i}` }))),
    );
    expect(done.at(-1)).toMatchObject({ version: 1500 });
    expect(await read(`evt.w.form.${name}`)).toHaveLength(1500);
  });

  it('acknowledges no command that a killed server forgets, and doubles none', async () => {
    const acknowledged = new Set<string>();
    const uncertain = new Set<string>();
    let running = true;
    const clients = Array.from({ length: 16 }, async (_, client) => {
      for (let i = 0; running; i++) {
        const by = `${client}.${i}`;
        const command = i % 2 === 0 ? count(name, { by }) : count(`${name}-${by}`, { by }, { fresh: true });
        try {
          await world.executor.execute(command);
          acknowledged.add(`${command.subject} ${by}`);
        } catch (error) {
          expect(error).toMatchObject({
            code: expect.stringMatching(/^(bus_unavailable|outcome_unknown|contended)$/),
          });
          uncertain.add(`${command.subject} ${by}`);
          await eventually(() => expect(world.bus.connected).toBe(true));
        }
      }
    });
    for (let round = 0; round < 3; round++) {
      const goal = acknowledged.size + 300;
      await eventually(() => expect(acknowledged.size).toBeGreaterThan(goal), { timeoutMs: 30_000 });
      await nats.kill();
      await nats.restart();
    }
    running = false;
    await Promise.all(clients);

    const stored = new Set<string>();
    for await (const { events, pending } of world.log.follow({
      filters: [`evt.w.form.>`],
      after: 0,
      signal: AbortSignal.timeout(20_000),
    })) {
      for (const { subject, data } of events) {
        const entry = `${subject} ${(data as { by: string }).by}`;
        if (!subject.includes(name)) continue;
        expect(stored.has(entry)).toBe(false);
        stored.add(entry);
      }
      if (pending === 0) break;
    }
    for (const entry of acknowledged) expect(stored).toContain(entry);
    for (const entry of stored) expect(acknowledged.has(entry) || uncertain.has(entry)).toBe(true);
  });

  describe('repeats among new aggregates', () => {
    const repeat = (subject: string) => write(subject, 'x', { fresh: true });
    const conflicts = async (): Promise<number> =>
      (await metrics.appendConflicts.get()).values[0]?.value ?? 0;
    const written = async (times: number): Promise<string[]> => {
      const names = Array.from({ length: times }, () => randomUUID());
      await Promise.all(names.map((one) => world.executor.execute(repeat(one))));
      return names;
    };

    it('hold nobody up: a newcomer is refused with them once, and not again and again', async () => {
      const { executor, keyring } = await another();
      await keyring.open('w');
      const old = await written(800);
      let [arrived, repeats] = [0, 0];
      const newcomers = Array.from({ length: 8 }, async () => {
        await executor.execute(repeat(randomUUID()));
        arrived++;
      });
      const repeaters = Array.from({ length: 8 }, async () => {
        for (let one = old.pop(); one !== undefined && arrived < 8; one = old.pop()) {
          expect((await executor.execute(repeat(one))).appended).toBe(0);
          repeats++;
        }
      });
      await Promise.all([...newcomers, ...repeaters]);
      expect(repeats).toBeLessThan(200);
    });

    it('of what this process has met are read first, and make no conflict', async () => {
      const { executor, keyring } = await another();
      await keyring.open('w');
      const old = await written(20);
      await Promise.all(old.map((one) => executor.execute(repeat(one))));
      const before = await conflicts();
      await Promise.all(
        [...old, randomUUID(), ...old, randomUUID()].map((one) => executor.execute(repeat(one))),
      );
      expect(await conflicts()).toBe(before);
    });
  });

  it('refuses at once while the server is away, and goes on afterwards', async () => {
    await nats.kill();
    await eventually(() => expect(world.bus.connected).toBe(false));
    const asked = performance.now();
    await expect(world.executor.execute(count(name, { by: 'a' }))).rejects.toMatchObject({
      code: 'bus_unavailable',
      retryAfter: 1,
    });
    expect(performance.now() - asked).toBeLessThan(200);
    await nats.restart();
    await eventually(() => expect(world.bus.connected).toBe(true));
    await expect(world.executor.execute(count(name, { by: 'a' }))).resolves.toMatchObject({ version: 1 });
  });
});
