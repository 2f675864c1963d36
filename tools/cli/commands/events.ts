import type { NounSpec } from '../command.ts';
import { showCommand } from './events-show.ts';
import { tailCommand } from './events-tail.ts';

export const events: NounSpec = {
  name: 'events',
  summary: 'Follow and read the log',
  commands: [tailCommand, showCommand],
};
