import { Option } from 'commander';
import type { Attempt } from '#contracts/webhook/webhook.rpc';
import { UsageError } from '../../start/user-error.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { untilOver, type FollowedTask } from '../followed-task.ts';
import { count, isInstant } from '../values.ts';
import { attemptColumns, pathOf, WEBHOOK } from '../webhook-view.ts';
import { printTask } from './tasks.ts';

export const testCommand = command<{ readonly webhook: string }>({
  name: 'test',
  summary: 'Send a test event to a webhook now, and see what it answers',
  details: 'Exit code 1 when it was not delivered.',
  arguments: [WEBHOOK],
  talksTo: ['gateway'],
  scope: 'webhooks:write',
  json: '`delivery`, `attempt`: `state`, `durationMs`, `request`, `response`, `error`',
  examples: [['formbus webhooks test 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b', 'does the receiver take it?']],
  async run(session, { webhook }) {
    const answer = await session.gateway.post<{ readonly attempt: Attempt }>(`${pathOf(webhook)}/test`);
    if (session.print.json) session.print.value(answer);
    else session.print.list([answer.attempt], attemptColumns(session), '');
    return answer.attempt.state === 'delivered' ? EXIT.ok : EXIT.failed;
  },
});

interface ReplayInput {
  readonly webhook: string;
  readonly from: string;
  readonly to?: string;
  readonly perSecond?: number;
  readonly wait?: true;
}

export const replayCommand = command<ReplayInput>({
  name: 'replay',
  summary: 'Have the events of a stretch of the log delivered again, in order',
  details:
    'Each request has the `webhook-id` that it had before: a receiver that remembers ids does nothing twice.',
  arguments: [WEBHOOK],
  options: [
    new Option('--from <place>', 'behind this position, from this time on, or `start`').makeOptionMandatory(),
    new Option('--to <position>', 'up to and including this position; the end of the log unless given'),
    new Option('--per-second <number>', 'deliveries a second at most').argParser(count(500)),
    new Option('--wait', 'until it is done; exit code 1 when it does not succeed'),
  ],
  talksTo: ['gateway'],
  scope: 'webhooks:write',
  json: 'one task, as of `formbus tasks show`',
  examples: [
    [
      'formbus webhooks replay 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b --from 2026-01-31T12:00:00Z --wait',
      'since a time',
    ],
  ],
  async run(session, { webhook, from, to, perSecond, wait }) {
    const begun = await session.gateway.begin<FollowedTask>(`${pathOf(webhook)}/replays`, {
      from: placeOf(from),
      ...(to !== undefined && { to }),
      ...(perSecond !== undefined && { perSecond }),
    });
    printTask(session, wait === true ? await untilOver(session, begun) : begun);
  },
});

function placeOf(from: string): object {
  if (from === 'start') return { position: '0' };
  if (isInstant(from)) return { time: new Date(from).toISOString() };
  if (/^[a-z0-9]+\.\d+$/.test(from)) return { position: from };
  throw new UsageError(
    `--from must be a position, a time like 2026-01-31T12:00:00Z, or start; not "${from}"`,
  );
}
