import type { CommandSpec, NounSpec } from './command.ts';
import { events } from './commands/events.ts';
import { keys } from './commands/keys.ts';
import { projections } from './commands/projections.ts';
import { streams } from './commands/streams.ts';

/** Everything that `formbus` does, as its help lists it. */
export const COMMANDS: readonly (NounSpec | CommandSpec)[] = [streams, projections, keys, events];
