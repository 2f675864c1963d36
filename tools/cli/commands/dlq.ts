import { Argument, Option } from 'commander';
import type { LetterFilter } from '#eventing/dead-letters';
import type { DeadLetterSummary } from '#services/gateway/operations/dead-letter.resource';
import { UsageError } from '../../start/user-error.ts';
import { command, type NounSpec } from '../command.ts';
import { lettersOf, type Letters } from '../letters.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';
import { count, instant } from '../values.ts';
import { number, several, time } from '../words.ts';

const COLUMNS: readonly Column<DeadLetterSummary>[] = [
  { title: 'Letter', right: true, text: ({ id }) => id },
  { title: 'Given up', text: ({ parkedAt }) => time(parkedAt) },
  { title: 'By', text: ({ durable }) => durable },
  { title: 'Workspace', text: ({ workspace }) => workspace ?? undefined },
  { title: 'Tries', right: true, text: ({ attempts }) => number(attempts) },
  { title: 'Error', text: ({ error }) => `${error.name}: ${error.message}`, cuts: true },
];

const CONDITIONS = [
  new Option('--kind <kind>', 'tasks of this kind'),
  new Option('--durable <name>', 'what this consumer gave up'),
  new Option('--error <text>', "part of the error's name or message"),
  new Option('--since <time>', 'given up at that time or later').argParser(instant),
];
const MOST = 1000;
const LIMIT = new Option('--limit <number>', 'so many at most, the newest')
  .argParser(count(MOST))
  .default(100);
const YES = new Option('--yes', 'do not ask before more than one is touched');
const IDS = new Argument('[ids...]', 'these; otherwise those that meet the conditions');

const CONDITIONS_SHOW = `no more than ${MOST} are shown at once, and --kind, --durable and --error choose among them`;

type Conditions = Pick<LetterFilter, 'kind' | 'durable' | 'error' | 'since'>;
const conditionsOf = ({ kind, durable, error, since }: Conditions): Conditions => ({
  kind,
  durable,
  error,
  since,
});

const FIELDS =
  '`id`, `stream`, `durable`, `kind`, `task`, `workspace`, `attempts`, `error` (`name`, `message`), `parkedAt`, `discarded`';

const listCommand = command<Conditions & { readonly limit: number; readonly discarded?: true }>({
  name: 'list',
  summary: 'List what was given up, the newest first',
  options: [...CONDITIONS, new Option('--discarded', 'what was discarded, instead of what waits'), LIMIT],
  talksTo: ['bus', 'gateway'],
  scope: 'operations:read',
  json: `NDJSON, one letter a line: ${FIELDS}`,
  examples: [
    ['formbus dlq list', 'all that waits for a decision'],
    ['formbus dlq list --kind mail --error ECONNREFUSED', 'mail that no server took'],
  ],
  async run(session, { limit, discarded, ...conditions }) {
    const filter = { ...conditionsOf(conditions), discarded: discarded === true };
    const { items, more } = await (await lettersOf(session)).list(filter, limit);
    session.print.list(items, COLUMNS, 'there are no dead letters');
    if (more) session.print.more(limit === MOST ? CONDITIONS_SHOW : undefined);
  },
});

const showCommand = command<{ readonly letter: string }>({
  name: 'show',
  summary: 'Show one dead letter with its error and what was to be done',
  arguments: [new Argument('<letter>', 'its id')],
  talksTo: ['bus', 'gateway'],
  scope: 'operations:read',
  json: `one letter: ${FIELDS}, \`seq\`, \`subject\`, \`headers\`, \`payload\` (null of an event, which stays in the log)`,
  examples: [['formbus dlq show 42', 'why it failed']],
  async run(session, { letter: id }) {
    const letter = await (await lettersOf(session)).get(id);
    const { error, discarded } = letter;
    session.print.record(letter, {
      Letter: letter.id,
      'Given up': `${time(letter.parkedAt)} UTC after ${several(letter.attempts, 'attempt')}`,
      By: `${letter.durable} of ${letter.stream}`,
      Task: letter.task ?? undefined,
      Workspace: letter.workspace ?? undefined,
      Subject: `${letter.subject} (${letter.seq})`,
      Error: error.stack ?? `${error.name}: ${error.message}`,
      Discarded:
        discarded === null
          ? undefined
          : `${time(discarded.at)} UTC by ${discarded.actor}: ${discarded.reason}`,
      Payload: letter.payload === null ? undefined : JSON.stringify(letter.payload, null, 2),
    });
  },
});

interface Many extends Conditions {
  readonly ids: readonly string[];
  readonly limit: number;
  readonly yes?: true;
}

const retryCommand = command<Many>({
  name: 'retry',
  summary: 'Have dead letters tried again, from their first attempt',
  details: 'A task is enqueued as it was; an event goes to the consumer that gave it up, and to no other.',
  arguments: [IDS],
  options: [...CONDITIONS, LIMIT, YES],
  talksTo: ['bus', 'gateway'],
  scope: 'operations:write',
  json: '`retried`: how many',
  examples: [
    ['formbus dlq retry 42', 'one of them'],
    ['formbus dlq retry --kind webhook-replay --error timeout --yes', 'all that failed for one reason'],
  ],
  async run(session, input) {
    const letters = await lettersOf(session);
    const ids = await chosen(session, letters, input, 'Have', 'tried again?');
    const retried = ids.length === 0 ? 0 : await letters.retry(ids);
    if (session.print.json) session.print.value({ retried });
    else session.print.text(`${several(retried, 'dead letter')} will be tried again`);
  },
});

const discardCommand = command<Many & { readonly reason: string }>({
  name: 'discard',
  summary: 'Put dead letters away: nothing more is done about them',
  details:
    'They can still be read until their 30 days are over (`dlq list --discarded`), with who did it and why.',
  arguments: [IDS],
  options: [
    new Option('--reason <text>', 'why; kept with the letter').makeOptionMandatory(),
    ...CONDITIONS,
    LIMIT,
    YES,
  ],
  talksTo: ['bus', 'gateway'],
  scope: 'operations:write',
  json: '`discarded`: how many',
  examples: [['formbus dlq discard 42 --reason "sent by hand"', 'one of them']],
  async run(session, input) {
    const letters = await lettersOf(session);
    const ids = await chosen(session, letters, input, 'Discard', 'for good?');
    const discarded = ids.length === 0 ? 0 : await letters.discard(ids, input.reason);
    if (session.print.json) session.print.value({ discarded });
    else session.print.text(`${several(discarded, 'dead letter')} discarded`);
  },
});

/** The letters that are meant: none where a person says no. */
async function chosen(
  session: Session,
  letters: Letters,
  { ids, limit, yes, ...input }: Many,
  verb: string,
  rest: string,
): Promise<readonly string[]> {
  const conditions = conditionsOf(input);
  const conditional = Object.values(conditions).some((condition) => condition !== undefined);
  if (ids.length > 0 === conditional) {
    throw new UsageError('name ids, or else conditions: --kind, --durable, --error, --since');
  }
  const found = conditional
    ? await letters.list(conditions, limit)
    : { items: ids.map((id) => ({ id })), more: false };
  if (found.more) session.print.note(`More than ${limit} meet the conditions: these are the newest.`);
  const question = `${verb} ${several(found.items.length, 'dead letter')} ${rest}`;
  if (found.items.length > 1 && !(await session.confirmed(question, yes))) return [];
  return found.items.map(({ id }) => id);
}

export const dlq: NounSpec = {
  name: 'dlq',
  summary: 'Dead letters: what was given up after its last attempt',
  commands: [listCommand, showCommand, retryCommand, discardCommand],
};
