import type { StoredEvent } from '#eventing/stored-event';
import { accountSubject, type AccountEvent } from './accounts.ts';

/** An event as the log would give it, at a sequence. */
export function storedEvent(seq: number, account: string, { type, data }: AccountEvent): StoredEvent {
  return {
    seq,
    position: `e.${seq}`,
    subject: accountSubject('w', account),
    workspace: 'w',
    id: `id-${seq}`,
    type,
    version: seq,
    time: '2026-01-02T03:04:05.000Z',
    source: '/formbus/spec',
    actor: 'tester',
    correlation: 'spec',
    data,
    erased: false,
    known: true,
  };
}

export const open = (owner = 'ann'): AccountEvent => ({ type: 'test.account.opened.v1', data: { owner } });
export const move = (amount: number, text?: string): AccountEvent => ({
  type: 'test.account.moved.v1',
  data: { amount, ...(text !== undefined && { text }) },
});
export const close = (): AccountEvent => ({ type: 'test.account.closed.v1', data: {} });
export const note = (): AccountEvent => ({ type: 'test.account.noted.v1', data: { note: 'n' } });
