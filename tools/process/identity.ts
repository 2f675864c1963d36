import { startOf } from '#eventing/lease-holder';
import { execute } from './execute.ts';

/**
 * What tells a process from a later one with the same number: when it began. Undefined when no such process runs.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? startOf(pid) : bsdIdentity(pid);
}

async function bsdIdentity(pid: number): Promise<string | undefined> {
  const { stdout } = await execute('ps', ['-o', 'lstart=', '-p', String(pid)], { timeoutMs: 5000 }).catch(
    () => ({ stdout: '' }),
  );
  return stdout.trim() || undefined;
}
