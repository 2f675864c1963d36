import { describe, expect, it } from '@jest/globals';
import { derivedId } from '#security/digest';
import type { Answer } from '../client/client.ts';
import { audit, type Identity, type Stored } from './audit.ts';
import { Ledger } from './ledger.ts';
import type { Receipt } from '#contracts/submission/submission.rpc';

const who: Identity = { workspace: 'w', actor: 'key:k', form: 'f' };
const complaints = [{ stored: 'digest-0' }, { stored: 'digest-1' }];
const idOf = (key: string): string => derivedId(who.workspace, who.actor, 'submit', who.form, key);

function answer(id: string, position: string): Answer<Receipt> {
  const body = { id } as Receipt;
  return { status: 201, body, headers: {}, position, replayed: false, attempts: 1, ms: 1 };
}

/** Three submissions, of which `a` and `b` were acknowledged at positions 1 and 2. */
function ledger(): Ledger {
  const kept = new Ledger();
  for (const [row, key] of ['a', 'b', 'c'].entries()) kept.sent(key, row % 2);
  kept.answered('a', answer(idOf('a'), 'e.1'));
  kept.answered('b', answer(idOf('b'), 'e.2'));
  return kept;
}

function log(changes: Record<string, Partial<Stored> | undefined> = {}): Map<string, Stored> {
  const whole: Record<string, Stored> = {
    [idOf('a')]: { position: 'e.1', times: 1, answers: 'digest-0' },
    [idOf('b')]: { position: 'e.2', times: 1, answers: 'digest-1' },
  };
  for (const [id, change] of Object.entries(changes)) {
    if (change === undefined) delete whole[id];
    else whole[id] = { position: 'e.9', times: 1, answers: 'digest-0', ...whole[id], ...change };
  }
  return new Map(Object.entries(whole));
}

const found = (stored: Map<string, Stored>, kept = ledger()) => audit(stored, kept, complaints, who);

describe('the audit', () => {
  it('finds nothing wrong with a log that holds what was acknowledged', () => {
    expect(found(log())).toEqual({
      stored: 2,
      lost: 0,
      duplicated: 0,
      changed: 0,
      unacknowledgedButStored: 0,
      examples: [],
    });
  });

  it('finds what was acknowledged and is gone, or lies elsewhere', () => {
    expect(found(log({ [idOf('a')]: undefined }))).toMatchObject({ lost: 1, duplicated: 0 });
    expect(found(log({ [idOf('a')]: { position: 'e.7' } }))).toMatchObject({ lost: 1 });
  });

  it('finds what was submitted twice', () => {
    expect(found(log({ [idOf('a')]: { times: 2 } }))).toMatchObject({ lost: 0, duplicated: 1 });
  });

  it('finds what nobody sent', () => {
    expect(found(log({ [idOf('stranger')]: {} }))).toMatchObject({ duplicated: 1 });
  });

  it('finds a key that was answered in two ways', () => {
    const kept = ledger();
    kept.answered('a', answer(idOf('a'), 'e.5'));
    expect(found(log(), kept)).toMatchObject({ duplicated: 1 });
  });

  it('finds answers that are not those that were sent', () => {
    expect(found(log({ [idOf('b')]: { answers: 'another' } }))).toMatchObject({ changed: 1 });
  });

  it('allows that a submission was stored whose acknowledgement never came', () => {
    expect(found(log({ [idOf('c')]: {} }))).toMatchObject({
      stored: 3,
      duplicated: 0,
      unacknowledgedButStored: 1,
    });
  });
});
