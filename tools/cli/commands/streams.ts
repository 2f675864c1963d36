import { Argument } from 'commander';
import {
  streamStatus,
  streamStatuses,
  type ConsumerStatus,
  type StreamStatus,
} from '#eventing/stream-status';
import { command, type NounSpec } from '../command.ts';
import { NotFound } from '../exit-code.ts';
import type { Column } from '../table.ts';
import { bytes, number, time } from '../words.ts';

/** Of the list of streams, here and on the page of `formbus status`. */
export const STREAM_COLUMNS: readonly Column<StreamStatus>[] = [
  { title: 'Stream', text: ({ name }) => name },
  { title: 'Messages', right: true, text: ({ messages }) => number(messages) },
  { title: 'Size', right: true, text: (stream) => bytes(stream.bytes) },
  { title: 'Consumers', right: true, text: ({ consumers }) => consumers },
  { title: 'First', text: ({ first }) => first?.time && time(first.time) },
  { title: 'Last', text: ({ last }) => last?.time && time(last.time) },
];

const CONSUMER_COLUMNS: readonly Column<ConsumerStatus>[] = [
  { title: 'Consumer', text: ({ name, durable }) => (durable ? name : `${name} (passing)`) },
  { title: 'Pending', right: true, text: ({ pending }) => number(pending) },
  { title: 'In hand', right: true, text: ({ unacknowledged }) => number(unacknowledged) },
  { title: 'Again', right: true, text: ({ redelivered }) => number(redelivered) },
  { title: 'Read by', right: true, text: ({ waiting }) => (waiting === 0 ? 'nobody' : waiting) },
  { title: 'State', text: ({ paused }) => (paused ? 'paused' : 'runs') },
  { title: 'Subjects', text: ({ filters }) => filters.join(' ') || 'all', cuts: true },
];

const listCommand = command({
  name: 'list',
  summary: 'List the streams of the bus',
  talksTo: ['bus', 'gateway'],
  scope: 'operations:read',
  json: 'NDJSON, one stream a line: `name`, `description`, `subjects`, `retention`, `messages`, `bytes`, `consumers`, `first` and `last` (`seq` and `time`, or null)',
  examples: [['formbus streams list', 'what every stream holds']],
  async run(session) {
    const found =
      session.via === 'gateway'
        ? (await session.gateway.get<{ items: StreamStatus[] }>('/v1/operations/streams')).items
        : await streamStatuses(await session.bus());
    session.print.list(found, STREAM_COLUMNS, 'this bus has no streams');
  },
});

const showCommand = command<{ readonly stream: string }>({
  name: 'show',
  summary: 'Show one stream and what waits for each of its consumers',
  arguments: [new Argument('<stream>', 'its name')],
  talksTo: ['bus'],
  json: '`stream` as in the list, and `consumers`: `name`, `durable`, `filters`, `pending`, `unacknowledged`, `redelivered`, `paused`, `waiting`',
  examples: [['formbus streams show TASKS_HIGH', 'the tasks of a tier, by kind']],
  async run(session, { stream: name }) {
    const { print } = session;
    const found = await streamStatus(await session.bus(), name);
    if (found === undefined) throw new NotFound(`there is no stream "${name}": see formbus streams list`);
    const { stream, consumers } = found;
    const { description, subjects, retention, first, last } = stream;
    print.record(found, {
      Stream: name,
      About: description,
      Subjects: subjects.join(' '),
      Keeps: retention === 'workqueue' ? 'until it is done' : 'until it is too old, or for ever',
      Messages: number(stream.messages),
      Size: bytes(stream.bytes),
      First: first === null ? '-' : `${time(first.time)} UTC (${first.seq})`,
      Last: last === null ? '-' : `${time(last.time)} UTC (${last.seq})`,
    });
    if (print.json) return;
    print.text('');
    print.list(consumers, CONSUMER_COLUMNS, 'nobody reads it');
  },
});

export const streams: NounSpec = {
  name: 'streams',
  summary: 'What the bus holds, and who reads it',
  commands: [listCommand, showCommand],
};
