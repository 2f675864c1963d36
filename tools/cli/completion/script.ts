import type { Command } from 'commander';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { placesOf, type Place, type Shell } from './words.ts';
import { zshScript } from './zsh.ts';

const SCRIPT_OF: Readonly<Record<Shell, (places: readonly Place[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** What a shell is to read so that it completes a program. */
export const completionScript = (shell: Shell, program: Command): string =>
  SCRIPT_OF[shell](placesOf(program));
