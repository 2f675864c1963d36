import { Command, Option } from 'commander';
import type { CommandSpec, NounSpec } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT_MEANS } from './exit-code.ts';
import type { Io } from './io.ts';
import { VIAS, type GlobalOptions } from './places.ts';

/** What every command takes. Secrets come from the environment or from files, the key alone from here as well. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  new Option('--json', 'print JSON for programs'),
  new Option('--via <way>', 'talk to the gateway or directly to the bus').choices(VIAS),
  new Option('--url <url>', 'the gateway (FORMBUS_URL)'),
  new Option('--key <key>', 'an API key; others see it in the list of processes (FORMBUS_API_KEY, ..._FILE)'),
  new Option('--nats <url>', 'the bus (NATS_URL; NATS_TOKEN, NATS_USER, NATS_PASSWORD or ..._FILE)'),
  new Option('--data <folder>', 'the data folder of a running `npm start` (.formbus)'),
];

/** Where help and errors of the command line go. */
type Output = Pick<Io, 'out' | 'note' | 'columns'>;

/** Runs one command with what was given to it. */
export type Perform = (spec: CommandSpec, options: GlobalOptions, input: object) => Promise<void>;

/** The tree of commands. Throws `CommanderError` where commander would end the process. */
export function createProgram(io: Output, perform: Perform): Command {
  const program = dress(new Command('formbus'), io)
    .description('Operates a Formbus: its streams, tasks, dead letters, read models, keys, webhooks and log.')
    .addHelpText('after', `\nExit codes:\n${exitCodes()}\n\nEvery command has --help with examples.`);
  for (const option of GLOBAL_OPTIONS) program.addOption(option);
  for (const entry of COMMANDS) {
    program.addCommand('commands' in entry ? noun(entry, io, perform) : leaf(entry, io, perform));
  }
  return program;
}

const exitCodes = (): string =>
  Object.entries(EXIT_MEANS)
    .map(([code, meaning]) => `  ${code}  ${meaning}`)
    .join('\n');

function dress(command: Command, { out, note, columns }: Output): Command {
  return command
    .exitOverride()
    .helpCommand(false)
    .showHelpAfterError('See --help.')
    .helpOption('-h, --help', 'this text')
    .configureHelp({ showGlobalOptions: true, ...(columns !== undefined && { helpWidth: columns }) })
    .configureOutput({
      writeOut: out,
      writeErr: note,
      outputError: (text, write) => write(text.replace(/^error: /, 'formbus: ')),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

function noun({ name, summary, commands }: NounSpec, io: Output, perform: Perform): Command {
  const made = dress(new Command(name), io).description(summary);
  for (const spec of commands) made.addCommand(leaf(spec, io, perform));
  return made;
}

function leaf(spec: CommandSpec, io: Output, perform: Perform): Command {
  const made = dress(new Command(spec.name), io)
    .description([spec.summary, ...(spec.details === undefined ? [] : ['', spec.details])].join('\n'))
    .summary(spec.summary)
    .addHelpText('after', () => helpAfter(spec))
    .action(async () => {
      const names = made.registeredArguments.map((argument) => argument.name());
      const given = Object.fromEntries(
        names.map((name, index) => [name, made.processedArgs[index] as unknown]),
      );
      await perform(spec, made.optsWithGlobals<GlobalOptions>(), { ...made.opts(), ...given });
    });
  for (const argument of spec.arguments ?? []) made.addArgument(argument);
  for (const option of spec.options ?? []) made.addOption(option);
  return made;
}

function helpAfter(spec: CommandSpec): string {
  const examples = spec.examples.flatMap(([line, what]) => [`  ${line}`, `      ${what}`]);
  return ['', talksToText(spec), '', 'Examples:', ...examples].join('\n');
}

/** Whom a command talks to, in words. */
export function talksToText({ talksTo, scope }: Pick<CommandSpec, 'talksTo' | 'scope'>): string {
  const ways = talksTo.map((via) =>
    via === 'bus' ? 'the bus' : `the gateway${scope === undefined ? '' : ` (a key with ${scope})`}`,
  );
  switch (ways.length) {
    case 0:
      return 'Talks to nobody.';
    case 1:
      return `Talks to ${ways[0]}.`;
    default:
      return `Talks to ${ways.join(', or to ')}.`;
  }
}
