import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** One word that can come next. */
export interface Word {
  readonly word: string;
  readonly about: string;
}

/** What can follow one command: `formbus`, `formbus dlq`, `formbus dlq list`. */
export interface Place {
  /** The words that lead to it, without the first. */
  readonly path: readonly string[];
  readonly commands: readonly Word[];
  readonly options: readonly OptionWord[];
  /** What its first argument can be, where that is known. */
  readonly values: readonly string[];
}

export interface OptionWord extends Word {
  readonly takesValue: boolean;
  readonly values: readonly string[];
}

/** Every command of the tree with what can follow it; options of the program can follow any. */
export function placesOf(
  program: Command,
  path: readonly string[] = [],
  above: readonly Option[] = [],
): readonly Place[] {
  const options = [...program.options, ...above];
  const own: Place = {
    path,
    commands: program.commands.map((one) => ({
      word: one.name(),
      about: one.summary() || one.description(),
    })),
    options: options.map(optionWord),
    values: program.registeredArguments[0]?.argChoices ?? [],
  };
  return [own, ...program.commands.flatMap((one) => placesOf(one, [...path, one.name()], options))];
}

const optionWord = ({ long, short, description, required, argChoices }: Option): OptionWord => ({
  word: long ?? short ?? '',
  about: description,
  takesValue: required,
  values: argChoices ?? [],
});
