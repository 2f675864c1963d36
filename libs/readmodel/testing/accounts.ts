import { z } from 'zod';
import { defineEvent, eventType, type DomainEvent } from '#contracts/event';
import type { StoredEvent } from '#eventing/stored-event';
import type { Projection } from '../projection.ts';

/** A small world for specs of this folder: accounts are opened, money is moved, they are closed. */
export const opened = defineEvent({
  name: 'test.account.opened',
  version: 1,
  family: 'form',
  data: z.object({ owner: z.string() }),
  summary: 'An account was opened.',
});

export const moved = defineEvent({
  name: 'test.account.moved',
  version: 1,
  family: 'form',
  data: z.object({ amount: z.number(), text: z.string().optional() }),
  summary: 'Money came or went.',
});

export const closed = defineEvent({
  name: 'test.account.closed',
  version: 1,
  family: 'form',
  data: z.object({}),
  summary: 'An account was closed.',
});

export const noted = defineEvent({
  name: 'test.account.noted',
  version: 1,
  family: 'form',
  data: z.object({ note: z.string() }),
  summary: 'Nothing that the projection folds.',
});

export const ACCOUNT_EVENTS = [opened, moved, closed, noted];

export type AccountEvent =
  | DomainEvent<'test.account.opened.v1', { owner: string }>
  | DomainEvent<'test.account.moved.v1', { amount: number; text?: string }>
  | DomainEvent<'test.account.closed.v1', Record<string, never>>
  | DomainEvent<'test.account.noted.v1', { note: string }>;

export interface Account {
  readonly _id: string;
  readonly owner: string;
  readonly balance: number;
  /** Every amount, in order: shows what was lost, doubled or swapped. */
  readonly moves: readonly number[];
  readonly text: string;
  readonly version: number;
}

/** No fold can stand it. */
export const UNLUCKY = -13;

export const accountSubject = (workspace: string, account: string): string =>
  `evt.${workspace}.form.${account}`;

/**
 * The accounts of one workspace, so that specs on the same log do not meet. Opening an account again begins a new
 * document; the amount {@link UNLUCKY} can't be folded.
 */
export function accountsIn(
  workspace: string,
  changes: Partial<Projection<Account>> = {},
): Projection<Account> {
  const documentId = ({ subject }: StoredEvent): string =>
    subject.slice(accountSubject(workspace, '').length);
  return {
    name: `accounts-${workspace}`,
    version: 1,
    filters: [`evt.${workspace}.form.>`],
    types: [opened, moved, closed].map(eventType),
    indexes: [{ name: 'by_owner', key: { owner: 1, balance: -1 } }],
    documentId,
    fold: (document, event) => fold(documentId(event), document, event as StoredEvent & AccountEvent),
    ...changes,
  };
}

function fold(
  _id: string,
  document: Account | undefined,
  { type, data, version }: StoredEvent & AccountEvent,
): Account | undefined {
  switch (type) {
    case 'test.account.opened.v1':
      return { _id, owner: data.owner, balance: 0, moves: [], text: '', version };
    case 'test.account.moved.v1':
      if (data.amount === UNLUCKY) throw new Error('thirteen is bad luck');
      if (document === undefined) return undefined;
      return {
        ...document,
        balance: document.balance + data.amount,
        moves: [...document.moves, data.amount],
        text: document.text + (data.text ?? ''),
        version,
      };
    case 'test.account.closed.v1':
      return undefined;
    case 'test.account.noted.v1':
      throw new Error('not folded');
  }
}

export const accounts = accountsIn('w');
