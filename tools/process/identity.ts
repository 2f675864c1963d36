import { readFile } from 'node:fs/promises';
import { execute } from './execute.ts';

/**
 * What tells a process from a later one with the same number: when it began. Undefined when no such process runs.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return bsdIdentity(pid);
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The second field is the command in parentheses, which may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]];
  return state === 'Z' ? undefined : startedAt;
}

async function bsdIdentity(pid: number): Promise<string | undefined> {
  const { stdout } = await execute('ps', ['-o', 'lstart=', '-p', String(pid)], { timeoutMs: 5000 }).catch(
    () => ({ stdout: '' }),
  );
  return stdout.trim() || undefined;
}
