import type { Argument, Option } from 'commander';
import type { CommandSpec } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT_MEANS } from './exit-code.ts';
import { GLOBAL_OPTIONS, talksToText } from './program.ts';

const HEAD = `# The command line

\`formbus\` operates a Formbus: in a checkout \`npx formbus\` after \`npm run build\`, or \`npm run -s formbus --\`; in a container \`node dist/tools/cli/main.js\`. This page is generated from the commands (\`tools/cli/commands.ts\`). Its examples say \`formbus\`; for a shell in a checkout to know that:

\`\`\`sh
alias formbus='npx formbus'
\`\`\`

## Where it goes

A command talks to the **gateway** with an API key, or directly to the **bus**, as an operator may; each says below which of the two it can, the one that it prefers first. \`--via\` chooses, and so does naming a place, on the command line before the environment. A place is looked for in the options, then in the environment, then in the data folder of a running \`npm start\` (\`.formbus\`, or \`--data\`, which goes before the environment); a system that runs here is left out where another one is named.

| for | options | environment |
|---|---|---|
| the gateway | \`--url\`, \`--key\` | \`FORMBUS_URL\`, \`FORMBUS_API_KEY\` |
| the bus | \`--nats\` | \`NATS_URL\`, \`NATS_TOKEN\`, or \`NATS_USER\` and \`NATS_PASSWORD\` |
| the read models | | \`MONGODB_URI\` |
| encrypted fields | | \`MASTER_KEY\` |

Every variable can be given as \`NAME_FILE\`, the path of a file that holds it: the better way for secrets.

## What it prints

Data goes to standard output, everything else to standard error. For people these are columns, cut to the width of a terminal, in colours unless \`NO_COLOR\` is set; times are in UTC. With \`--json\` it is one JSON object for one thing, and one a line (NDJSON) for a list.
`;

/** docs/cli.md: every command, as its help says it. */
export function commandLinePage(): string {
  const nouns = COMMANDS.map((entry) =>
    'commands' in entry
      ? [
          `## formbus ${entry.name}`,
          '',
          `${entry.summary}.`,
          '',
          ...entry.commands.flatMap((one) => [...section(one, `formbus ${entry.name} ${one.name}`, '###')]),
        ]
      : section(entry, `formbus ${entry.name}`, '##'),
  );
  return [HEAD, ...exitCodes(), ...globalOptions(), ...nouns.flat()].join('\n');
}

const exitCodes = (): string[] => [
  '## Exit codes',
  '',
  '| code | meaning |',
  '|---|---|',
  ...Object.entries(EXIT_MEANS).map(([code, meaning]) => `| ${code} | ${meaning} |`),
  '',
];

const globalOptions = (): string[] => ['## Options of every command', '', ...table(GLOBAL_OPTIONS), ''];

function section(spec: CommandSpec, path: string, heading: string): string[] {
  const words = [path, ...(spec.arguments ?? []).map(usageOf)].join(' ');
  return [
    `${heading} ${path}`,
    '',
    `    ${words}${(spec.options ?? []).length > 0 ? ' [options]' : ''}`,
    '',
    [`${spec.summary}.`, spec.details, talksToText(spec)].filter(Boolean).join(' '),
    '',
    ...table([...(spec.arguments ?? []), ...(spec.options ?? [])]),
    ...(spec.json === undefined ? [] : ['', `\`--json\`: ${spec.json}.`]),
    '',
    '```sh',
    ...spec.examples.map(([line, what]) => `${line}  # ${what}`),
    '```',
    '',
  ];
}

const usageOf = (argument: Argument): string => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
};

function table(rows: readonly (Argument | Option)[]): string[] {
  return rows.length === 0 ? [] : ['| | |', '|---|---|', ...rows.map(row)];
}

function row(one: Argument | Option): string {
  const name = 'flags' in one ? one.flags : usageOf(one);
  const choices = one.argChoices === undefined ? '' : ` (${one.argChoices.join(', ')})`;
  const without =
    one.defaultValue === undefined || one.defaultValue === true
      ? ''
      : `; ${String(one.defaultValue)} unless given`;
  return `| \`${name.replaceAll('|', '\\|')}\` | ${one.description.replaceAll('|', '\\|')}${choices}${without} |`;
}
