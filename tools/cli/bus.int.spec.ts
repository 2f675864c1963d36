import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { mailTask } from '#contracts/mail/mail.task';
import { PROJECTION_NAMES } from '#contracts/operations/projections';
import { SERVICES } from '#contracts/operations/services';
import { subjects } from '#contracts/subjects';
import { connectBus, type Bus } from '#eventing/bus';
import { park } from '#eventing/dead-letter';
import { ensureDurable } from '#eventing/durable';
import { openLog, type OpenedLog } from '#eventing/open';
import { TASK_STREAMS } from '#eventing/streams';
import { publishNotice } from '#readmodel/notice';
import { Readiness } from '#service/readiness';
import { answerRollCalls } from '#service/roll-call';
import { formDecider } from '#services/forms/form/form.decider';
import { submissionDecider } from '#services/forms/submission/submission.decider';
import { eventually } from '../testing/eventually.ts';
import { startTestNats, type TestNats } from '../testing/nats.ts';
import { spoken, type Spoken, type SpokenOptions } from './testing/spoken.ts';

const masterKey = randomBytes(32);
let nats: TestNats;
let bus: Bus;
let opened: OpenedLog;

beforeAll(async () => {
  nats = await startTestNats();
  bus = await connectBus({ servers: nats.url, name: 'spec', logger: pino({ level: 'silent' }) });
});

afterAll(async () => {
  await bus?.close();
  await nats?.stop();
});

const say = (args: readonly string[], options: SpokenOptions = {}): Promise<Spoken> =>
  spoken([...args, '--nats', nats.url], options);

const lines = ({ out }: Spoken): Record<string, unknown>[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('where no Formbus has run', () => {
  it('nothing is found, and nothing is made', async () => {
    for (const args of [
      ['status'],
      ['events', 'tail', '--count', '1'],
      ['tasks', 'kinds'],
      ['streams', 'show', 'EVENTS'],
    ]) {
      expect(await say(args)).toMatchObject({ code: 3, out: '' });
    }
    expect(await say(['streams', 'list'])).toEqual({ code: 0, out: '', notes: 'this bus has no streams\n' });
  });
});

describe('over the bus', () => {
  beforeAll(async () => {
    const source = '/formbus/forms';
    opened = await openLog(bus, { events: EVENTS, upcasters: UPCASTERS, source, masterKey });
    await createForm('contact');
    await submit('contact', 's1');
    await submit('other', 's2');
  });

  const meta = () => ({
    commandId: randomUUID(),
    time: new Date().toISOString(),
    actor: 'key:spec',
    correlation: 'spec',
  });

  const createForm = (id: string) =>
    opened.executor.execute({
      subject: subjects.form('w', id),
      decider: formDecider,
      command: {
        kind: 'create',
        definition: { title: id, pages: [{ fields: [{ type: 'text' as const, name: 'name' }] }] },
        idempotency: null,
      },
      meta: meta(),
    });

  const submit = (form: string, id: string) =>
    opened.executor.execute({
      subject: subjects.submission('w', form, id),
      decider: submissionDecider,
      sealedBy: { workspace: 'w', owner: id },
      command: {
        kind: 'submit',
        form,
        formVersion: 1,
        admission: { accepted: true, answers: { name: 'Ada' }, dropped: [] },
        request: 'r',
        locale: 'de',
      },
      meta: meta(),
    });

  it('streams are listed and shown', async () => {
    const listed = await say(['streams', 'list']);
    expect(listed.out).toMatch(/^STREAM +MESSAGES +SIZE +CONSUMERS +FIRST +LAST\n[^]*^EVENTS +\d+ /m);
    const shown = await say(['streams', 'show', 'EVENTS', '--json']);
    expect(lines(shown)).toMatchObject([{ stream: { name: 'EVENTS' }, consumers: [] }]);
    expect(await say(['streams', 'show', 'NONE'])).toMatchObject({ code: 3, out: '' });
  });

  it('events of one form are printed, with what is encrypted kept shut', async () => {
    const args = ['events', 'tail', '--from', 'start', '--no-follow', '--form', 'contact'];
    const json = await say([...args, '--json']);
    expect(json).toMatchObject({ code: 0, notes: '' });
    const [created, submitted] = lines(json);
    expect(created).toMatchObject({ type: 'formbus.form.created.v1', encrypted: [], workspace: 'w' });
    expect(submitted).toMatchObject({ data: { form: 'contact' }, encrypted: ['answers', 'locale'] });
    expect(json.out).not.toContain('Ada');
    const people = await say(args);
    expect(people.out.trimEnd().split('\n')).toHaveLength(2);
    expect(people.out).toContain('answers=(encrypted) locale=(encrypted)');
    expect(people.out).not.toContain('Ada');
  });

  it('encrypted fields are opened with the master key alone', async () => {
    const args = [
      'events',
      'tail',
      '--from',
      'start',
      '--no-follow',
      '--type',
      'submission.submitted',
      '--decrypt',
      '--json',
    ];
    const refused = await say(args);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.notes).toContain('set MASTER_KEY_FILE');
    const env = { MASTER_KEY: masterKey.toString('base64') };
    expect(lines(await say(args, { env }))).toMatchObject([
      { data: { answers: { name: 'Ada' }, locale: 'de' }, encrypted: [] },
      { data: { form: 'other' } },
    ]);
  });

  it('events are followed as they happen', async () => {
    let over = false;
    const args = ['events', 'tail', '--workspace', 'w', '--type', 'form.created', '--count', '1', '--json'];
    const following = say(args).finally(() => (over = true));
    // Nothing tells when following has begun: forms are created until one is seen.
    let made = 0;
    await eventually(async () => {
      await createForm(`live-${made++}`);
      expect(over).toBe(true);
    });
    expect(lines(await following)).toMatchObject([
      { subject: expect.stringMatching(/^evt\.w\.form\.live-\d+$/) },
    ]);
  });

  it('events begin at a position or a time, and end after a count', async () => {
    const all = lines(await say(['events', 'tail', '--from', 'start', '--no-follow', '--json']));
    const second = all[1] as { position: string };
    const from = (place: string) => say(['events', 'tail', '--from', place, '--count', '1', '--json']);
    expect(lines(await from(second.position))).toEqual([second]);
    expect(lines(await from('2020-01-01'))).toEqual([all[0]]);
    const none = await say(['events', 'tail', '--from', '2090-01-01', '--no-follow']);
    expect(none).toEqual({ code: 0, out: '', notes: '' });
    for (const place of ['yesterday', '12']) expect((await from(place)).code).toBe(2);
    expect((await from('another.12')).code).toBe(1);
  });

  it('one event is shown by its position or id', async () => {
    const [first] = lines(await say(['events', 'tail', '--from', 'start', '--count', '1', '--json']));
    const { position = '', id = '' } = first as { position: string; id: string };
    expect(lines(await say(['events', 'show', position, '--json']))).toEqual([first]);
    expect(lines(await say(['events', 'show', id, '--json']))).toEqual([first]);
    expect((await say(['events', 'show', id])).out).toMatch(
      /^Position +\S+\nId +\S+\nType +formbus\.form\.created\.v1\n/,
    );
    for (const none of ['nothing', position.replace(/\d+$/, '999999')]) {
      expect(await say(['events', 'show', none])).toMatchObject({ code: 3, out: '' });
    }
  });

  it('kinds of tasks are paused and resumed', async () => {
    expect(await say(['tasks', 'pause', 'mail'])).toMatchObject({ code: 3 });
    await ensureDurable(bus, {
      stream: TASK_STREAMS[mailTask.tier],
      durable: mailTask.kind,
      filters: ['task.high.mail'],
      from: 'beginning',
      ackWaitMs: 1000,
      maxAckPending: 10,
    });
    expect(lines(await say(['tasks', 'pause', 'mail', '--json']))).toMatchObject([
      { kind: 'mail', paused: true },
    ]);
    expect((await say(['tasks', 'kinds'])).out).toMatch(/^mail +high +0 +0 +0 +- +paused/m);
    expect(lines(await say(['tasks', 'resume', 'mail', '--json']))).toMatchObject([
      { kind: 'mail', paused: false },
    ]);
  });

  const parkLetter = (seq: number, message: string) =>
    park(bus, {
      stream: TASK_STREAMS.high,
      durable: 'mail',
      message: {
        seq,
        subject: 'task.high.mail',
        headers: new Map(),
        payload: Buffer.from('{"workspace":"w"}'),
      },
      attempts: 3,
      error: new Error(message),
    });

  it('dead letters are listed, shown, tried again and discarded', async () => {
    for (const [seq, text] of [
      [1, 'no route'],
      [2, 'no \u001b[31mroute'],
      [3, 'greylisted'],
    ] as const)
      await parkLetter(seq, text);
    const listed = await say(['dlq', 'list', '--error', 'ROUTE']);
    expect(listed.out).toMatch(/^ +2 .*mail +w +3 +Error: no route\n +1 /m);
    expect(lines(await say(['dlq', 'show', '1', '--json']))).toMatchObject([
      { id: '1', payload: { workspace: 'w' } },
    ]);
    expect((await say(['dlq', 'show', '1'])).out).toContain('Error: no route');

    // Nobody is there to be asked, then somebody says no, then yes.
    expect(await say(['dlq', 'retry', '--error', 'route'])).toMatchObject({ code: 2, out: '' });
    expect(await say(['dlq', 'retry', '--error', 'route'], { answer: false })).toEqual({
      code: 0,
      out: '0 dead letters will be tried again\n',
      notes: 'Nothing was done.\n',
    });
    expect(await say(['dlq', 'retry', '--error', 'route'], { answer: true })).toMatchObject({
      code: 0,
      out: '2 dead letters will be tried again\n',
    });
    expect(lines(await say(['tasks', 'kinds', '--json']))).toContainEqual(
      expect.objectContaining({ kind: 'mail', pending: 2 }),
    );
    expect(await say(['dlq', 'retry', '1'])).toMatchObject({ code: 3, out: '' });

    expect(await say(['dlq', 'discard', '3', '--reason', 'not ours', '--json'])).toMatchObject({
      code: 0,
      out: '{"discarded":1}\n',
    });
    expect(await say(['dlq', 'list'])).toMatchObject({ out: '', notes: 'there are no dead letters\n' });
    expect(lines(await say(['dlq', 'list', '--discarded', '--json']))).toMatchObject([
      { discarded: { reason: 'not ours' } },
    ]);
  });

  it('everything is seen at a glance, and what is away is a failure', async () => {
    const { code, out } = await say(['status']);
    expect(code).toBe(1);
    expect(out).toMatch(/^forms +silent +0 +- +-$/m);
    expect(out).toMatch(/^submissions +silent +- +-$/m);
    expect(out).toContain('0 dead letters');
  });

  it('everything is seen to be well', async () => {
    for (const name of SERVICES) answerRollCalls(bus, { name, readiness: new Readiness() });
    const notice = { token: 1, generation: 'g', epoch: 'e', seq: 5, state: 'live', ageSeconds: 0 } as const;
    const telling = setInterval(() => {
      for (const name of PROJECTION_NAMES) publishNotice(bus, { name }, notice);
    }, 50);
    try {
      const people = await say(['status']);
      expect(people.code).toBe(0);
      expect(people.out).toMatch(/^forms +ready +1 +\d+\.\d+\.\d+ +\d.* (s|min|h)$/m);
      const json = await say(['status', '--json']);
      expect(lines(json)).toMatchObject([
        {
          services: SERVICES.map((service) => ({ service, state: 'ready', instances: [{}] })),
          deadLetters: { waiting: 0, byDurable: {} },
          projections: [...PROJECTION_NAMES].sort().map((projection) => ({ projection, state: 'live' })),
        },
      ]);
    } finally {
      clearInterval(telling);
    }
  });

  it('a server that is not there is not reachable', async () => {
    const { code, notes } = await spoken(['streams', 'list', '--nats', 'nats://127.0.0.1:1']);
    expect(code).toBe(4);
    expect(notes).toContain('nats-server at nats://127.0.0.1:1 does not answer');
    const secret = await spoken(['streams', 'list', '--nats', 'nats://me:pass@127.0.0.1:1']);
    expect(secret.notes).not.toContain('pass');
  });
});
