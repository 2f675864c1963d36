import type { Place } from './words.ts';

/** Words of options that take a value are passed over on the way to the command, as far as they are known. */
export function bashScript(places: readonly Place[]): string {
  const taking = new Set(
    places.flatMap(({ options }) => options.filter((one) => one.takesValue).map(({ word }) => word)),
  );
  return `# bash completion of formbus
_formbus() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path="" word skip=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$word" in
      ${[...taking].join('|')}) skip=1 ;;
      -*) ;;
      *) case "$path $word" in
        ${places.flatMap(({ path }) => (path.length === 0 ? [] : [`" ${path.join(' ')}"`])).join('|')}) path="$path $word" ;;
      esac ;;
    esac
  done
  case "$path:$before" in
${places.flatMap(valueCases).join('\n')}
  esac
  [[ -n $skip ]] && return
  case "$path" in
${places.map(placeCase).join('\n')}
  esac
}
complete -o default -F _formbus formbus
`;
}

const at = (path: readonly string[]): string => path.map((word) => ` ${word}`).join('');

const reply = (words: readonly string[]): string =>
  `COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current"))`;

const valueCases = ({ path, options }: Place): string[] =>
  options
    .filter(({ values }) => values.length > 0)
    .map(({ word, values }) => `    "${at(path)}:${word}") ${reply(values)}; return ;;`);

const placeCase = ({ path, commands, options, values }: Place): string => {
  const words = [
    ...commands.map(({ word }) => word),
    ...values,
    ...options.map(({ word }) => word),
    '--help',
  ];
  return `    "${at(path)}") ${reply(words)} ;;`;
};
