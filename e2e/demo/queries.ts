import type { HistoryEntry, Submission } from '#contracts/submission/submission.rpc';
import type { FormbusClient } from '../client/client.ts';
import { COMPLAINTS } from './form.ts';

const FLORIDA = 'answers.state:eq:FL';
const PAGE = 5;

/** Three questions that a team asks of its submissions, and what the system answers. */
export interface Answers {
  /** Complaints from Florida, the last received first: two pages. */
  readonly page: {
    readonly items: readonly Submission[];
    readonly next: readonly Submission[];
    readonly ms: number;
  };
  /** How many complaints about each of these products there are. */
  readonly counts: readonly { readonly product: string; readonly count: number }[];
  /** The newest complaint and its history, as its submitter reads it back. */
  readonly one: { readonly submission: Submission; readonly history: readonly HistoryEntry[] } | undefined;
}

const PRODUCTS = ['Debt collection', 'Mortgage', 'Student loan'];

/** Asks once the read model has reached `position`, however far behind it is. */
export async function ask(client: FormbusClient, position: string | undefined): Promise<Answers> {
  const started = performance.now();
  const about = { filter: [FLORIDA], sort: '-answers.date_received', limit: PAGE };
  const first = await client.listSubmissions(COMPLAINTS, { ...about, minPosition: position });
  const { next: cursor } = first.body;
  const second = cursor === null ? undefined : await client.listSubmissions(COMPLAINTS, { ...about, cursor });
  const ms = performance.now() - started;
  const counts = await Promise.all(
    PRODUCTS.map(async (product) => ({ product, count: await count(client, product) })),
  );
  return {
    page: { items: first.body.items, next: second?.body.items ?? [], ms },
    counts,
    one: await one(client, position),
  };
}

async function count(client: FormbusClient, product: string): Promise<number> {
  const filter = [`answers.product:eq:${product}`];
  const { body } = await client.listSubmissions(COMPLAINTS, { filter, limit: 1, count: true });
  return body.total ?? 0;
}

async function one(client: FormbusClient, minPosition: string | undefined): Promise<Answers['one']> {
  const { body } = await client.listSubmissions(COMPLAINTS, { sort: '-submittedAt', limit: 1, minPosition });
  const id = body.items[0]?.id;
  if (id === undefined) return undefined;
  const submission = await client.getSubmission(COMPLAINTS, id, minPosition);
  const history = await client.getHistory(COMPLAINTS, id);
  return { submission: submission.body, history: history.body.items };
}
