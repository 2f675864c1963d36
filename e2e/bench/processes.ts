import { readdir, readFile } from 'node:fs/promises';

/** A process and all below it. Linux. */
export async function treeOf(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of pids) {
    const parent = await parentOf(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

async function statOf(pid: number): Promise<string | undefined> {
  return readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
}

async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await statOf(pid);
  return stat === undefined ? undefined : fieldsOf(stat).parent;
}

/** The kernel's unit of CPU time in /proc, on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;

/** After the second field, which is the command in parentheses and may hold anything. */
export function fieldsOf(stat: string): { parent: number; cpuSeconds: number } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    parent: Number(fields[1]),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}

/** CPU time that a process and all below it have taken, of those that run now. */
export async function cpuSecondsOf(root: number): Promise<number> {
  const stats = await Promise.all((await treeOf(root)).map(statOf));
  return stats.reduce((sum, stat) => sum + (stat === undefined ? 0 : fieldsOf(stat).cpuSeconds), 0);
}

export interface Memory {
  readonly pid: number;
  readonly command: string;
  /** Resident, with each shared page counted once for all who share it (PSS), or in full where that can't be had. */
  readonly bytes: number;
  readonly kind: 'pss' | 'rss';
}

/** Nothing of a process that has ended. */
export async function memoryOf(pid: number): Promise<Memory | undefined> {
  const read = (file: string): Promise<string | undefined> =>
    readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => undefined);
  const [command, rollup, status] = await Promise.all([
    read('cmdline'),
    read('smaps_rollup'),
    read('status'),
  ]);
  const pss = kilobytes(rollup, 'Pss');
  const rss = kilobytes(status, 'VmRSS');
  if (command === undefined || (pss ?? rss) === undefined) return undefined;
  return {
    pid,
    command: command.split('\0').join(' ').trim(),
    bytes: (pss ?? rss ?? 0) * 1024,
    kind: pss === undefined ? 'rss' : 'pss',
  };
}

/** `Pss:     1234 kB` */
export function kilobytes(text: string | undefined, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}
