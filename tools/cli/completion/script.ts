import { createProgram } from '../program.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { placesOf, type Place, type Shell } from './words.ts';
import { zshScript } from './zsh.ts';

const SCRIPT_OF: Readonly<Record<Shell, (places: readonly Place[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** What a shell is to read so that it completes `formbus`. */
export function completionScript(shell: Shell): string {
  const quiet = { out: () => undefined, note: () => undefined, columns: undefined };
  return SCRIPT_OF[shell](placesOf(createProgram(quiet, () => Promise.resolve())));
}
