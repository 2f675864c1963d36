import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { open, openMany, PLAINTEXT_BYTES, seal } from '#contracts/custody/custody.rpc';
import { subjects } from '#contracts/subjects';
import { submit } from '#contracts/submission/submission.rpc';
import { jetStream } from '#eventing/jetstream-api';
import { caller, openFormsWorld, publish, refusal, type FormsWorld } from '../testing/world.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const form = 'contact';
let world: FormsWorld;

beforeAll(async () => {
  // Two, so that what one seals is opened by the other as well.
  world = await openFormsWorld({ instances: 2 });
  await publish(world, form, { title: 'T', pages: [{ fields: [{ type: 'text', name: 'a' }] }] });
});

afterAll(() => world?.stop());

let workspaces = 0;
const place = (owner: string | null = null) => ({ workspace: 'acme', owner, purpose: 'webhook.w1.secret' });

async function submitted(): Promise<string> {
  const { receipt } = await world.rpc.call(submit, {
    caller: caller(),
    form,
    formVersion: null,
    answers: { a: 'x' },
    locale: null,
    idempotencyKey: null,
  });
  return receipt.id;
}

/** As an eraser does: the key's message is deleted from the log. */
async function erase(owner: string): Promise<void> {
  const seq = await world.log.tail(subjects.dataKey('acme', owner));
  await jetStream(world.bus, 'STREAM.MSG.DELETE.EVENTS', { seq });
}

describe('custody', () => {
  it('gives back what was sealed, for a workspace and for a submission, through whichever instance', async () => {
    for (const owner of [null, await submitted()]) {
      const { sealed } = await world.rpc.call(seal, { ...place(owner), plaintext: SECRET });
      expect(sealed).not.toContain(SECRET);
      for (let i = 0; i < 8; i++)
        expect(await world.rpc.call(open, { ...place(owner), sealed })).toEqual({ plaintext: SECRET });
    }
  });

  it('takes the longest text and the empty one', async () => {
    for (const plaintext of ['', '\u0000é😀', 'x'.repeat(PLAINTEXT_BYTES)]) {
      const { sealed } = await world.rpc.call(seal, { ...place(), plaintext });
      expect(await world.rpc.call(open, { ...place(), sealed })).toEqual({ plaintext });
    }
  });

  it('makes one key for a workspace when both instances are asked first at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const workspace = `first-${++workspaces}`;
      const request = { ...place(), workspace, plaintext: SECRET };
      const all = await Promise.all(Array.from({ length: 10 }, () => world.rpc.call(seal, request)));
      const places = all.map(({ sealed }) => ({ ...place(), workspace, sealed }));
      const { opened } = await world.rpc.call(openMany, { places });
      expect(opened).toEqual(all.map(() => ({ plaintext: SECRET })));
    }
  });

  it('opens at once what was sealed right after it was asked for in vain', async () => {
    const workspace = 'not-yet';
    const { sealed: elsewhere } = await world.rpc.call(seal, { ...place(), plaintext: SECRET });
    for (let i = 0; i < 8; i++) {
      const early = world.rpc.call(open, { ...place(), workspace, sealed: elsewhere });
      expect((await refusal(early)).code).toBe('seal_broken');
    }
    const { sealed } = await world.rpc.call(seal, { ...place(), workspace, plaintext: SECRET });
    for (let i = 0; i < 8; i++)
      expect(await world.rpc.call(open, { ...place(), workspace, sealed })).toEqual({ plaintext: SECRET });
  });

  it('is shut to instances that never had the key of a submission that was erased', async () => {
    const owner = await submitted();
    const { sealed } = await world.rpc.call(seal, { ...place(owner), plaintext: SECRET });
    await erase(owner);
    await world.restart();
    const opening = await refusal(world.rpc.call(open, { ...place(owner), sealed }));
    const sealing = await refusal(world.rpc.call(seal, { ...place(owner), plaintext: SECRET }));
    expect([opening.code, sealing.code]).toEqual(['erased', 'erased']);
  });

  it('opens after a restart what was sealed before', async () => {
    const { sealed } = await world.rpc.call(seal, { ...place(), plaintext: SECRET });
    await world.restart();
    expect(await world.rpc.call(open, { ...place(), sealed })).toEqual({ plaintext: SECRET });
  });

  it('opens of many what can be opened, each in its place', async () => {
    const gone = await submitted();
    const { sealed } = await world.rpc.call(seal, { ...place(gone), plaintext: 'gone' });
    await erase(gone);
    await world.restart();
    const one = await world.rpc.call(seal, { ...place(), plaintext: 'one' });
    const two = await world.rpc.call(seal, { ...place(), workspace: 'other', plaintext: 'two' });
    const { opened } = await world.rpc.call(openMany, {
      places: [
        { ...place(), sealed: one.sealed },
        { ...place(gone), sealed },
        { ...place(), sealed: two.sealed },
        { ...place(), workspace: 'other', sealed: two.sealed },
      ],
    });
    expect(opened).toEqual([
      { plaintext: 'one' },
      { problem: 'erased' },
      { problem: 'seal_broken' },
      { plaintext: 'two' },
    ]);
  });

  it.each([
    ['of a workspace that is none', { workspace: 'a.b' }],
    ['of an owner that is none', { owner: '_workspace' }],
    ['without a purpose', { purpose: '' }],
    ['too long', { plaintext: `${SECRET}${'é'.repeat(PLAINTEXT_BYTES / 2)}` }],
    ['that is no Unicode', { plaintext: `${SECRET}\ud800` }],
  ])('refuses a text %s, and does not repeat it', async (_what, wrong) => {
    const problem = await refusal(world.rpc.call(seal, { ...place(), plaintext: SECRET, ...wrong }));
    expect(problem.code).toBe('bad_request');
    expect(JSON.stringify([problem.message, problem.errors])).not.toContain(SECRET);
  });
});
