import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summarize, type CpuProfile, type ProfileSummary, type Share } from './cpu-profile.ts';

/** `CPU.<date>.<time>.<pid>.<thread>.<sequence>.cpuprofile` */
const PROFILE = /^CPU\.\d+\.\d+\.(\d+)\.\d+\.\d+\.cpuprofile$/;

export interface Collection {
  readonly folder: string;
  /** Service names by process. */
  readonly owners: ReadonlyMap<number, string>;
  /** Ends the processes: they write their profiles when they exit. */
  readonly stop: () => Promise<void>;
  readonly say: (text: string) => void;
}

/** Names each profile after its service, for Chrome's or an editor's viewer, and puts a summary in text beside it. */
export async function collectProfiles({ folder, owners, stop, say }: Collection): Promise<void> {
  await stop();
  for (const file of await readdir(folder)) {
    const pid = Number(PROFILE.exec(file)?.[1]);
    const owner = owners.get(pid);
    if (owner === undefined) continue;
    const named = join(folder, `${owner}-${pid}.cpuprofile`);
    await rename(join(folder, file), named);
    const summary = summarize(JSON.parse(await readFile(named, 'utf8')) as CpuProfile);
    const text = describe(summary);
    await writeFile(join(folder, `${owner}-${pid}.txt`), text);
    say(`${named}\n${text}`);
  }
}

const LINES = { places: 25, functions: 40, inclusive: 40 };

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
  ...shares.map(({ name, self, total }) => `  ${self.toFixed(1).padStart(5)} ${total.toFixed(1).padStart(5)}  ${name}`),
];
