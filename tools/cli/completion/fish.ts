import type { OptionWord, Place } from './words.ts';

export function fishScript(places: readonly Place[]): string {
  return ['# fish completion of formbus', 'complete -c formbus -f', ...places.flatMap(linesOf), ''].join(
    '\n',
  );
}

function linesOf(place: Place): string[] {
  const when = `-n ${quoted(condition(place))}`;
  return [
    ...place.commands.map(({ word, about }) => `complete -c formbus ${when} -a ${word} -d ${quoted(about)}`),
    ...place.values.map((word) => `complete -c formbus ${when} -a ${word}`),
    ...place.options.map((option) => `complete -c formbus ${when} ${optionText(option)}`),
  ];
}

/** After the words of the path, and none of what may come next. */
function condition({ path, commands }: Place): string {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const next =
    commands.length === 0
      ? []
      : [`not __fish_seen_subcommand_from ${commands.map(({ word }) => word).join(' ')}`];
  return [...seen, ...next].join('; and ');
}

function optionText({ word, about, takesValue, values }: OptionWord): string {
  const value = values.length > 0 ? ` -xa ${quoted(values.join(' '))}` : takesValue ? ' -r' : '';
  return `-l ${word.replace(/^--/, '')}${value} -d ${quoted(about)}`;
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
