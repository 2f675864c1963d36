import { readFile } from 'node:fs/promises';
import { execute } from '#tools/process/execute';

/** The processes that `pid` has started and that still run, such as the workers of a cluster. */
export async function childrenOf(pid: number): Promise<number[]> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    return numbersOf(text.split(' '));
  }
  const { stdout } = await execute('ps', ['-A', '-o', 'pid=,ppid='], { timeoutMs: 5000 });
  const pairs = stdout.split('\n').map((line) => numbersOf(line.trim().split(/\s+/)));
  return pairs.flatMap(([child, parent]) => (child !== undefined && parent === pid ? [child] : []));
}

const numbersOf = (texts: readonly string[]): number[] => texts.filter((text) => text !== '').map(Number);
