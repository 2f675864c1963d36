import type { CommandSpec, NounSpec } from './command.ts';
import { completion } from './commands/completion.ts';
import { dlq } from './commands/dlq.ts';
import { events } from './commands/events.ts';
import { keys } from './commands/keys.ts';
import { projections } from './commands/projections.ts';
import { status } from './commands/status.ts';
import { streams } from './commands/streams.ts';
import { tasks } from './commands/tasks.ts';
import { webhooks } from './commands/webhooks.ts';

/** Everything that `formbus` does, as its help lists it. */
export const COMMANDS: readonly (NounSpec | CommandSpec)[] = [
  status,
  streams,
  tasks,
  dlq,
  projections,
  webhooks,
  keys,
  events,
  completion,
];
