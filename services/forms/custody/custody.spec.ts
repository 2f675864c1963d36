import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataKey } from '#eventing/data-key';
import { Custody, type Keys, type Place } from './custody.ts';

const SUBMISSION = '0198c0de-0000-7000-8000-000000000001';
const OTHER = '0198c0de-0000-7000-8000-000000000002';

/** Keys as the log holds them: the first that asks makes that of a workspace. */
function keysInMemory(): Keys & { erase(workspace: string, owner: string): void } {
  const keys = new Map<string, DataKey | 'erased'>();
  const key = (name: string): DataKey | 'erased' => {
    const found = keys.get(name) ?? new DataKey();
    keys.set(name, found);
    return found;
  };
  return {
    dataKey: (workspace, owner) => key(`${workspace} ${owner}`),
    custodyKey: (workspace) => Promise.resolve(keys.get(workspace) as DataKey | undefined),
    ensureCustodyKey: (workspace) => Promise.resolve(key(workspace) as DataKey),
    erase: (workspace, owner) => void keys.set(`${workspace} ${owner}`, 'erased'),
  };
}

const place: Place = { workspace: 'acme', owner: SUBMISSION, purpose: 'delivery.d1.body' };
const ofWorkspace: Place = { ...place, owner: null };
const secret = 'a secret';

describe('custody', () => {
  it('gives any text back, and never the same cipher text twice', async () => {
    const custody = new Custody(keysInMemory());
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(place, ofWorkspace),
        async (text, where) => {
          const [one, two] = [await custody.seal(where, text), await custody.seal(where, text)];
          expect(one).not.toBe(two);
          expect([await custody.open(where, one), await custody.open(where, two)]).toEqual([text, text]);
        },
      ),
    );
  });

  it.each<[what: string, from: Place, to: Partial<Place>]>([
    ['for another purpose', place, { purpose: 'delivery.d2.body' }],
    ['for another submission', place, { owner: OTHER }],
    ['for the workspace', place, { owner: null }],
    ['in another workspace', place, { workspace: 'other' }],
    ['for another purpose of the workspace', ofWorkspace, { purpose: 'x' }],
    ['for a submission of the workspace', ofWorkspace, { owner: SUBMISSION }],
    ['in another workspace that never sealed', ofWorkspace, { workspace: 'other' }],
  ])('does not open %s', async (_what, from, to) => {
    const custody = new Custody(keysInMemory());
    await custody.seal(ofWorkspace, secret);
    const sealed = await custody.seal(from, secret);
    await expect(custody.open({ ...from, ...to }, sealed)).rejects.toMatchObject({ code: 'seal_broken' });
  });

  it('binds a text to its place even where the key is the same', async () => {
    const [one, keys] = [new DataKey(), keysInMemory()];
    const custody = new Custody({
      ...keys,
      dataKey: () => one,
      ensureCustodyKey: () => Promise.resolve(one),
    });
    const sealed = await custody.seal(place, secret);
    for (const to of [{ workspace: 'other' }, { owner: OTHER }, { purpose: 'x' }])
      await expect(custody.open({ ...place, ...to }, sealed)).rejects.toMatchObject({ code: 'seal_broken' });
  });

  it('opens nothing that was changed, cut or made up', async () => {
    const custody = new Custody(keysInMemory());
    const sealed = await custody.seal(place, secret);
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    const damaged = [...bytes.keys()].map((at) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return `v1.${copy.toString('base64url')}`;
    });
    const cut = [0, 1, 3, 20, sealed.length - 2].map((length) => sealed.slice(0, length));
    for (const text of [...damaged, ...cut, `v2.${sealed.slice(3)}`, secret])
      await expect(custody.open(place, text)).rejects.toMatchObject({ code: 'seal_broken' });
  });

  it('is shut once the submission is erased, for sealing and for opening', async () => {
    const keys = keysInMemory();
    const custody = new Custody(keys);
    const sealed = await custody.seal(place, secret);
    keys.erase('acme', SUBMISSION);
    await expect(custody.open(place, sealed)).rejects.toMatchObject({ code: 'erased' });
    await expect(custody.seal(place, secret)).rejects.toMatchObject({ code: 'erased' });
  });

  it('says nothing of text or key when it refuses', async () => {
    const key = new DataKey();
    const custody = new Custody({ ...keysInMemory(), dataKey: () => key });
    const sealed = await custody.seal(place, secret);
    const error: Error = await custody.open({ ...place, purpose: 'x' }, sealed).then(
      () => new Error('it was opened'),
      (thrown: unknown) => thrown as Error,
    );
    const cause = error.cause as Error;
    for (const told of [error.message, error.stack, cause.message, cause.stack])
      for (const hidden of [secret, sealed, key.bytes.toString('base64'), key.bytes.toString('hex')])
        expect(told).not.toContain(hidden);
  });
});
