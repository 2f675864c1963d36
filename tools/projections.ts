/** `npm run projections`: proves, rebuilds and shows the read models. */
import { parseArgs } from 'node:util';
import { ComponentUnavailable } from './components/route.ts';
import { openNamed, type NamedPlace } from './projections/named.ts';
import { dataFolders, openFolder, type Place } from './projections/place.ts';
import { rebuildAll } from './projections/rebuild.ts';
import { statusAll } from './projections/status.ts';
import { verifyAll } from './projections/verify.ts';
import { UserError } from './start/user-error.ts';

const USAGE = `npm run projections -- verify|rebuild|status [projection] [options]

  verify     folds the log anew and compares: exit code 1 when a read model differs
  rebuild    builds anew beside what is read, and swaps
  status     where each read model stands

  --data DIR               the data folder (.formbus, or that of the demo)
  --nats-url URL           instead of a data folder, with --mongodb-uri and
  --nats-token-file FILE   --master-key-file: the places of a system that is
  --mongodb-uri URI        run in another way
  --master-key-file FILE
  --json                   the last line of the output is one JSON object
  --help                   this text

Uses the system that runs on the data folder. When none does, starts nats-server
and MongoDB on it for as long as the command takes.`;

const COMMANDS = ['verify', 'rebuild', 'status'] as const;
type Command = (typeof COMMANDS)[number];

interface Request {
  readonly command: Command;
  readonly projection: string | undefined;
  readonly data: string | undefined;
  readonly named: NamedPlace | undefined;
  readonly json: boolean;
}

/** What a command found: one line each for a person, the same for programs, and whether all is well. */
interface Result {
  readonly lines: readonly string[];
  readonly json: object;
  readonly good: boolean;
}

const COMMAND_OF: Record<
  Command,
  (place: Place, name: string | undefined, signal: AbortSignal) => Promise<Result>
> = {
  async verify(place, name, signal) {
    const found = await verifyAll(place, name, signal);
    const verify = found.every(({ equal }) => equal);
    const lines = found.map(
      ({ projection, equal, documents, position, hash, seconds, differences, differing }) =>
        equal
          ? `${projection}: equal to its rebuild, ${documents} documents at ${position}, ${hash} (${seconds.toFixed(1)} s)`
          : [
              `${projection}: DIFFERS from its rebuild in ${differences} of ${documents} documents at ${position}`,
              ...differing.map(({ id, kind }) => `  ${id} ${kind}`),
            ].join('\n'),
    );
    return { lines, json: { verify, projections: found }, good: verify };
  },
  async rebuild(place, name, signal) {
    const rebuilt = await rebuildAll(place, name, signal);
    const lines = rebuilt.map(({ projection, generation, seconds }) => {
      return `${projection}: rebuilt as ${generation} in ${seconds.toFixed(1)} s`;
    });
    return { lines, json: { rebuilt }, good: true };
  },
  async status(place, name) {
    const projections = await statusAll(place, name);
    const lines = projections.map(({ projection, state, position = '-', halted }) => {
      return `${projection}: ${state} at ${position}${halted === undefined ? '' : `, ${halted}`}`;
    });
    return { lines, json: { projections }, good: projections.every(({ state }) => state !== 'halted') };
  },
};

/** Gives the exit code. */
async function perform(
  { command, projection, data, named, json }: Request,
  signal: AbortSignal,
): Promise<number> {
  const { system, demo } = dataFolders();
  const place = named
    ? await openNamed(named)
    : await openFolder(data === undefined ? [system, demo] : [data]);
  try {
    const result = await COMMAND_OF[command](place, projection, signal);
    for (const line of result.lines) (json ? process.stderr : process.stdout).write(`${line}\n`);
    if (json) process.stdout.write(`${JSON.stringify(result.json)}\n`);
    return result.good ? 0 : 1;
  } finally {
    await place.close();
  }
}

/** Undefined when help was asked for. @throws UserError */
function parse(args: readonly string[]): Request | undefined {
  const { values, positionals } = parseStrictly(args);
  if (values.help) return undefined;
  const [name, projection, ...more] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (command === undefined || more.length > 0)
    throw new UserError(`which of ${COMMANDS.join(', ')}?\n\n${USAGE}`);
  const { data, json } = values;
  const natsUrl = values['nats-url'];
  const mongoUri = values['mongodb-uri'];
  const masterKeyFile = values['master-key-file'];
  const given = [natsUrl, mongoUri, masterKeyFile].filter((value) => value !== undefined).length;
  if (given % 3 !== 0) throw new UserError('--nats-url, --mongodb-uri and --master-key-file go together');
  const natsTokenFile = values['nats-token-file'];
  const named =
    natsUrl === undefined || mongoUri === undefined || masterKeyFile === undefined
      ? undefined
      : { natsUrl, mongoUri, masterKeyFile, natsTokenFile };
  return { command, projection, data, named, json };
}

function parseStrictly(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        'nats-url': { type: 'string' },
        'nats-token-file': { type: 'string' },
        'mongodb-uri': { type: 'string' },
        'master-key-file': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, {
      cause: error,
    });
  }
}

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stopping.abort());
try {
  const request = parse(process.argv.slice(2));
  if (request) process.exitCode = await perform(request, stopping.signal);
  else process.stdout.write(`${USAGE}\n`);
} catch (error) {
  const plain = error instanceof UserError || error instanceof ComponentUnavailable;
  const text = error instanceof Error ? (plain ? error.message : error.stack) : String(error);
  process.stderr.write(stopping.signal.aborted ? 'Stopped\n' : `${text ?? ''}\n`);
  process.exitCode = 2;
}
