import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summarize, type CpuProfile, type ProfileSummary, type Share, type Window } from './cpu-profile.ts';

/** `CPU.<date>.<time>.<pid>.<thread>.<sequence>.cpuprofile` */
const PROFILE = /^CPU\.\d+\.\d+\.(\d+)\.(\d+)\.\d+\.cpuprofile$/;
const MAIN_THREAD = '0';

export interface Collection {
  readonly folder: string;
  /** Service names by process. */
  readonly owners: ReadonlyMap<number, string>;
  /** The time that the summaries are of. */
  readonly window: Window;
  /** Ends the processes: they write their profiles when they exit. */
  readonly stop: () => Promise<void>;
  readonly say: (text: string) => void;
}

/** Names each profile after its service, for Chrome's or an editor's viewer, and puts a summary in text beside it. */
export async function collectProfiles({ folder, owners, window, stop, say }: Collection): Promise<void> {
  await stop();
  for (const file of await readdir(folder)) {
    const [, process, thread] = PROFILE.exec(file) ?? [];
    const owner = owners.get(Number(process));
    if (owner === undefined || thread !== MAIN_THREAD) continue;
    const name = join(folder, `${owner}-${process}`);
    await rename(join(folder, file), `${name}.cpuprofile`);
    const profile = JSON.parse(await readFile(`${name}.cpuprofile`, 'utf8')) as CpuProfile;
    const text = describe(summarize(profile, window));
    await writeFile(`${name}.txt`, text);
    say(`${name}.cpuprofile\n${text}`);
  }
}

const LINES = { places: 25, functions: 40, inclusive: 60 };

function describe({ busySeconds, places, functions }: ProfileSummary): string {
  const byTotal = functions.toSorted((a, b) => b.total - a.total);
  return [
    `busy for ${busySeconds.toFixed(1)} s; per cent of that, by itself and with what it calls`,
    ...section('by package or folder', places.slice(0, LINES.places)),
    ...section('by function, itself', functions.slice(0, LINES.functions)),
    ...section('by function, with what it calls', byTotal.slice(0, LINES.inclusive)),
    '',
  ].join('\n');
}

const section = (title: string, shares: readonly Share[]): string[] => [
  '',
  title,
  ...shares.map(
    ({ name, self, total }) => `  ${self.toFixed(1).padStart(5)} ${total.toFixed(1).padStart(5)}  ${name}`,
  ),
];
