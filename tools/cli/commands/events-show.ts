import { Argument, Option } from 'commander';
import { parsePosition } from '#eventing/position';
import type { EventLog } from '#eventing/event-log';
import type { StoredEvent } from '#eventing/stored-event';
import { command } from '../command.ts';
import { shownEvent, type ShownEvent } from '../event-line.ts';
import { NotFound } from '../exit-code.ts';
import { openLogToRead } from '../log.ts';
import { masterKeyOf } from '../master-key.ts';
import type { Session } from '../session.ts';
import { time } from '../words.ts';

interface ShowInput {
  readonly event: string;
  readonly decrypt?: true;
}

export const showCommand = command<ShowInput>({
  name: 'show',
  summary: 'Print one event with all that it says',
  details: 'By its id the log is read from its start until the event is met: a position is quicker.',
  arguments: [new Argument('<event>', 'its position or its id')],
  options: [
    new Option(
      '--decrypt',
      'open encrypted fields; needs the master key (MASTER_KEY_FILE, or the data folder)',
    ),
  ],
  talksTo: ['bus'],
  json: 'one event, as a line of `formbus events tail`',
  examples: [
    ['formbus events show kq3zv0x1pa.1042', 'the event at a position (`Formbus-Position` of an answer)'],
    ['formbus events show 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b', 'the event with an id'],
  ],
  async run(session, { event: name, decrypt }) {
    const log = await openLogToRead(await session.bus(), decrypt && (await masterKeyOf(session)));
    const found = /^[a-z0-9]{1,32}\.\d+$/.test(name)
      ? await log.at(parsePosition(name, log.epoch))
      : await byId(session, log, name);
    if (found === undefined) throw new NotFound(`there is no event ${name}`);
    const shown = shownEvent(found, decrypt === true);
    session.print.record(shown, fieldsOf(shown));
  },
});

async function byId({ signal }: Session, log: EventLog, id: string): Promise<StoredEvent | undefined> {
  for await (const { events, pending } of log.follow({ filters: ['evt.>'], after: 0, signal })) {
    const found = events.find((event) => event.id === id);
    if (found !== undefined || pending === 0) return found;
  }
  return undefined;
}

function fieldsOf(shown: ShownEvent): Record<string, string | undefined> {
  const { position, id, type, subject, version, actor, correlation, causation, data } = shown;
  return {
    Position: position,
    Id: id,
    Type: type,
    Time: `${time(shown.time)} UTC`,
    Subject: subject,
    Version: String(version),
    Actor: actor,
    Correlation: correlation,
    Causation: causation,
    Encrypted: shown.encrypted.length === 0 ? undefined : shown.encrypted.join(', '),
    Erased: shown.erased === true ? 'yes' : undefined,
    Data: data === null ? '(a type that this version does not know)' : JSON.stringify(data, null, 2),
  };
}
