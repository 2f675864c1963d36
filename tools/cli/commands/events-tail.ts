import { Option } from 'commander';
import { EVENTS } from '#contracts/catalog';
import { eventType } from '#contracts/event';
import { families, isToken } from '#contracts/subjects';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import { parsePosition } from '#eventing/position';
import { UndecodableEvent, type StoredEvent } from '#eventing/stored-event';
import { UsageError } from '../../start/user-error.ts';
import { command } from '../command.ts';
import { aggregateOf, dataText, shortType, shownEvent } from '../event-line.ts';
import { fullType } from '../event-types.ts';
import { openLogToRead, sequenceBefore } from '../log.ts';
import { masterKeyOf } from '../master-key.ts';
import { plain } from '../table.ts';
import type { Session } from '../session.ts';
import { count, isInstant, list } from '../values.ts';
import { time } from '../words.ts';

const TYPES = EVENTS.map(eventType);

interface TailInput {
  readonly type?: readonly string[];
  readonly form?: string;
  readonly workspace?: string;
  readonly from?: string;
  readonly count?: number;
  readonly follow: boolean;
  readonly decrypt?: true;
}

export const tailCommand = command<TailInput>({
  name: 'tail',
  summary: 'Print events as they happen, one a line',
  details:
    'Fields that are encrypted in the log show as (encrypted). Reading changes nothing. Ends at Ctrl-C, after --count events, or with --no-follow where the log ends.',
  options: [
    new Option('--type <type>', 'only these types, with or without `formbus.` and version').argParser(list),
    new Option('--form <form>', 'only what happens to this form and its submissions'),
    new Option('--workspace <workspace>', 'only of this workspace'),
    new Option('--from <place>', 'from this position or time on, or `start`; only what is new unless given'),
    new Option('--count <number>', 'end after so many events').argParser(count(1_000_000_000)),
    new Option('--no-follow', 'end where the log ends now'),
    new Option(
      '--decrypt',
      'open encrypted fields; needs the master key (MASTER_KEY_FILE, or the data folder)',
    ),
  ],
  talksTo: ['bus'],
  json: 'NDJSON, one event a line: `position`, `id`, `type`, `time`, `workspace`, `subject`, `version`, `actor`, `correlation`, `causation`, `data` (null of an unknown type), `encrypted` (the names of fields left out), `erased`',
  examples: [
    ['formbus events tail', 'what happens from now on'],
    ['formbus events tail --type submission.submitted --form contact', 'the submissions of one form'],
    ['formbus events tail --from 2026-01-31 --no-follow --json | jq .type', 'all since a day, for a program'],
  ],
  async run(session, input) {
    const filters = filtersOf(input);
    const types = input.type?.map((given) =>
      fullType(given, TYPES, (wrong) => `there is no event type "${wrong}"`),
    );
    const bus = await session.bus();
    const log = await openLogToRead(bus, input.decrypt && (await masterKeyOf(session)));
    const after = await startOf(bus, log, input);
    let left = input.count ?? Infinity;
    for await (const event of stretch(session, log, { filters, types, after, follow: input.follow })) {
      printEvent(session, event, input.decrypt === true);
      if (--left === 0) return;
    }
  },
});

function filtersOf({ form, workspace = '*' }: TailInput): readonly string[] {
  if (workspace !== '*' && !isToken(workspace))
    throw new UsageError(`"${workspace}" is no id of a workspace`);
  if (form === undefined) return [`evt.${workspace}.>`];
  if (!isToken(form)) throw new UsageError(`"${form}" is no id of a form`);
  const within = (family: string): string => family.replace('*', workspace).replace('>', form);
  return [within(families.form), `${within(families.submission)}.>`];
}

async function startOf(bus: Bus, log: EventLog, { from }: TailInput): Promise<number> {
  if (from === undefined) return await log.lastSeq();
  if (from === 'start') return 0;
  if (isInstant(from)) return await sequenceBefore(bus, from);
  if (!/^[a-z0-9]+\.\d+$/.test(from)) {
    throw new UsageError(
      `--from must be a position, a time like 2026-01-31T12:00:00Z, or start; not "${from}"`,
    );
  }
  return Math.max(0, parsePosition(from, log.epoch) - 1);
}

interface Stretch {
  readonly filters: readonly string[];
  readonly types: readonly string[] | undefined;
  readonly after: number;
  readonly follow: boolean;
}

/** Every event of the stretch in order; what can't be read is said and passed over. */
async function* stretch(
  session: Session,
  log: EventLog,
  { filters, types, after, follow }: Stretch,
): AsyncGenerator<StoredEvent> {
  const { signal } = session;
  for (let last = after; !signal.aborted;) {
    try {
      const batches = log.follow({ filters, after: last, signal, maxBatch: 200, ...(types && { types }) });
      for await (const { events, lastSeq, pending } of batches) {
        yield* events;
        last = lastSeq;
        if (!follow && pending === 0) return;
      }
    } catch (error) {
      if (!(error instanceof UndecodableEvent)) throw error;
      session.print.note(plain(error.message));
      last = error.seq;
    }
  }
}

/** Letters of a line's data where no terminal bounds it: a form's definition is long, and --json has all of it. */
const MOST = 300;

function printEvent({ print, io }: Session, event: StoredEvent, opened: boolean): void {
  const shown = shownEvent(event, opened);
  if (print.json) return print.value(shown);
  const { colors, columns } = io;
  const at = `${shown.position.padEnd(18)} ${time(shown.time)}`;
  const what = `${shortType(shown.type).padEnd(24)} ${plain(aggregateOf(shown.subject))}`;
  const rest = plain(` ${shown.actor} ${dataText(shown)}`);
  const room = columns === undefined ? MOST : Math.max(0, columns - at.length - what.length - 2);
  const cut = rest.length > room ? `${rest.slice(0, Math.max(0, room - 1))}…` : rest;
  print.text(`${colors.dim(at)} ${what}${colors.dim(cut)}`);
}
