/** `npm run projections`: proves, rebuilds and shows the read models. */
import { ComponentUnavailable } from './components/route.ts';
import { chosen } from './projections/chosen.ts';
import { openNamed } from './projections/named.ts';
import { parseOptions, USAGE, type Command, type ProjectionsOptions } from './projections/options.ts';
import { dataFolders, openFolder, type Place } from './projections/place.ts';
import { rebuildAll } from './projections/rebuild.ts';
import { statusAll } from './projections/status.ts';
import { verifyAll } from './projections/verify.ts';
import { UserError } from './start/user-error.ts';

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
  { command, projection, data, named, json }: ProjectionsOptions,
  signal: AbortSignal,
): Promise<number> {
  chosen(projection); // a name that is wrong starts nothing
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

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stopping.abort());
try {
  const options = parseOptions(process.argv.slice(2));
  if (options) process.exitCode = await perform(options, stopping.signal);
  else process.stdout.write(`${USAGE}\n`);
} catch (error) {
  const plain = error instanceof UserError || error instanceof ComponentUnavailable;
  const text = error instanceof Error ? (plain ? error.message : error.stack) : String(error);
  process.stderr.write(stopping.signal.aborted ? 'Stopped\n' : `${text ?? ''}\n`);
  process.exitCode = 2;
}
