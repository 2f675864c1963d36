import { readFile, readlink } from 'node:fs/promises';

/** A process, so that another one on the same machine can find out that it has died. */
export interface HolderProcess {
  /** The machine since its last boot, the PID namespace on it, and the user: where `pid` means the same process. */
  readonly place: string;
  readonly pid: number;
  /** What tells it from a later process of the same number: clock ticks from boot to its start. */
  readonly started: string;
}

/** This process. Undefined where that can't be told for certain (not Linux, no /proc). */
export async function thisProcess(): Promise<HolderProcess | undefined> {
  try {
    const [boot, namespace, started] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
      startOf(process.pid),
    ]);
    if (started === undefined) return undefined;
    // A /proc with hidepid shows a user his own processes alone, so another user's would seem dead.
    return { place: `${boot.trim()} ${namespace} ${process.getuid?.()}`, pid: process.pid, started };
  } catch {
    // No such files: the machine does not tell, and an ordinary expiry decides.
    return undefined;
  }
}

/** Whether a process that lived in the same place as `self` is certainly gone; false when in doubt. */
export async function hasDied(other: HolderProcess, self: HolderProcess): Promise<boolean> {
  if (other.place !== self.place) return false;
  try {
    return (await startOf(other.pid)) !== other.started;
  } catch {
    return false;
  }
}

/** When a process began; undefined when it does not exist or is dead and only waits to be reaped. */
export async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // ESRCH: it ended between opening and reading.
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  });
  // The second field is the command in parentheses, which may hold spaces and parentheses itself.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19];
}
