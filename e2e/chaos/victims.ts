import type { RunningSystem } from '#tools/start/system';
import { childrenOf } from './children.ts';

/** What can be killed: every process of the system, and the workers of the gateway, which its supervisor never sees. */
export const KINDS = ['nats', 'mongo', 'forms', 'gateway', 'gateway worker'] as const;
export type Kind = (typeof KINDS)[number];

export interface Kill {
  readonly kind: Kind;
  readonly pid: number;
  /** By `performance.now()`. */
  readonly at: number;
  /** Throws while the one that was killed is still there, as a process or in its parent's list. */
  gone(): Promise<void>;
}

/** Those of `kinds` that run here: nats-server or MongoDB may be somebody else's. */
export function kindsOf(system: RunningSystem, kinds: readonly Kind[]): Kind[] {
  const names = new Set(system.processes.map(({ name }) => name));
  return kinds.filter((kind) => names.has(kind === 'gateway worker' ? 'gateway' : kind));
}

/** SIGKILL to one process of a kind. `random` chooses among workers. */
export async function killOne(system: RunningSystem, kind: Kind, random: () => number): Promise<Kill> {
  const name = kind === 'gateway worker' ? 'gateway' : kind;
  const parent = pidOf(system, name);
  if (kind !== 'gateway worker') {
    system.kill(name, 'SIGKILL');
    return {
      kind,
      pid: parent,
      at: performance.now(),
      gone: () => expectGone(pidOf(system, name) === parent),
    };
  }
  const workers = await childrenOf(parent);
  const pid = workers[Math.floor(random() * workers.length)];
  if (pid === undefined) throw new Error('the gateway has no workers');
  process.kill(pid, 'SIGKILL');
  const gone = async (): Promise<void> => expectGone((await childrenOf(parent)).includes(pid));
  return { kind, pid, at: performance.now(), gone };
}

function pidOf(system: RunningSystem, name: string): number {
  const found = system.processes.find((process) => process.name === name);
  if (!found) throw new Error(`${name} does not run`);
  return found.pid;
}

function expectGone(there: boolean): Promise<void> {
  return there ? Promise.reject(new Error('still there')) : Promise.resolve();
}
