import type { OptionWord, Place } from './words.ts';

export function zshScript(places: readonly Place[]): string {
  return `#compdef formbus
# zsh completion of formbus
${places.map(functionOf).join('\n\n')}

_formbus "$@"
`;
}

const nameOf = (path: readonly string[]): string => ['_formbus', ...path].join('_').replaceAll('-', '_');

function functionOf({ path, commands, options, values }: Place): string {
  const specs = options.map(optionSpec);
  if (commands.length === 0) {
    const first = values.length === 0 ? `'*::argument:_default'` : `'1:value:(${values.join(' ')})'`;
    return `${nameOf(path)}() {\n  _arguments ${[...specs, first].join(' \\\n    ')}\n}`;
  }
  const list = commands.map(({ word, about }) => quoted(`${word}:${about}`));
  const cases = commands.map(({ word }) => `      ${word}) ${nameOf([...path, word])} ;;`);
  return `${nameOf(path)}() {
  local line state
  _arguments -C ${specs.join(' \\\n    ')} \\
    '1: :->command' '*::argument:->rest'
  case $state in
    command) local -a commands; commands=(${list.join(' ')}); _describe command commands ;;
    rest) case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}`;
}

function optionSpec({ word, about, takesValue, values }: OptionWord): string {
  const value = values.length > 0 ? `:value:(${values.join(' ')})` : takesValue ? ':value:' : '';
  return quoted(`${word}[${about.replace(/[[\]:]/g, ' ')}]${value}`);
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
