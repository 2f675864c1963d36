import { userInfo } from 'node:os';
import { DeadLetters, type LetterFilter } from '#eventing/dead-letters';
import { openTasks } from '#eventing/task/open';
import {
  describeLetter,
  summarize,
  type DeadLetter,
  type DeadLetterSummary,
} from '#services/gateway/operations/dead-letter.resource';
import type { Gateway } from './gateway.ts';
import type { Session } from './session.ts';

/** Dead letters, whichever way they are reached. */
export interface Letters {
  /** The newest first; `more` when there are others beyond the limit. */
  list(filter: LetterFilter, limit: number): Promise<{ items: readonly DeadLetterSummary[]; more: boolean }>;
  /** @throws Problem `dead_letter_not_found` */
  get(id: string): Promise<DeadLetter>;
  /** Gives how many it was done to: of several, those that somebody else has dealt with are passed over. */
  retry(ids: readonly string[]): Promise<number>;
  discard(ids: readonly string[], reason: string): Promise<number>;
}

export async function lettersOf(session: Session): Promise<Letters> {
  return session.via === 'bus' ? await ofBus(session) : ofGateway(session.gateway);
}

async function ofBus(session: Session): Promise<Letters> {
  const bus = await session.bus();
  const letters = new DeadLetters(bus, openTasks(bus, { source: '/formbus/cli' }).tracking);
  const actor = `operator:${userInfo().username}`;
  return {
    async list(filter, limit) {
      const { items, next } = await letters.list(filter, { limit });
      return { items: items.map(summarize), more: next !== null };
    },
    get: async (id) => describeLetter(await letters.get(id)),
    retry: (ids) => toAll(letters, ids, (id) => letters.retry(id)),
    discard: (ids, reason) => toAll(letters, ids, (id) => letters.discard(id, { actor, reason })),
  };
}

/** One that is named alone has to be there, as over the gateway. */
async function toAll(
  letters: DeadLetters,
  ids: readonly string[],
  act: (id: string) => Promise<void>,
): Promise<number> {
  const [only, ...others] = ids;
  if (only === undefined || others.length > 0) return await letters.eachOf(ids, act);
  await act(only);
  return 1;
}

const PATH = '/v1/operations/dead-letters';

function ofGateway(gateway: Gateway): Letters {
  const act = async (what: 'retry' | 'discard', ids: readonly string[], body: object): Promise<number> => {
    const [only, ...others] = ids;
    const one = only !== undefined && others.length === 0;
    const answer = await gateway.post<{ readonly retried?: number; readonly discarded?: number }>(
      one ? `${PATH}/${encodeURIComponent(only)}/${what}` : `${PATH}/${what}`,
      one ? body : { ...body, ids },
    );
    return answer.retried ?? answer.discarded ?? 0;
  };
  return {
    async list(filter, limit) {
      const { discarded, ...conditions } = filter;
      const query = { ...conditions, ...(discarded !== undefined && { discarded }) };
      return await gateway.list<DeadLetterSummary>(PATH, limit, query);
    },
    get: (id) => gateway.get(`${PATH}/${encodeURIComponent(id)}`),
    retry: (ids) => act('retry', ids, {}),
    discard: (ids, reason) => act('discard', ids, { reason }),
  };
}
