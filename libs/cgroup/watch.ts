import { cpuCount, cpuQuota, memoryLimit } from './quota.ts';

export interface Quota {
  readonly cpus: number | undefined;
  readonly memoryBytes: number | undefined;
  /** See {@link cpuCount}. */
  readonly cpuCount: number;
}

export function readQuota(root = '/'): Quota {
  return { cpus: cpuQuota(root), memoryBytes: memoryLimit(root), cpuCount: cpuCount(root) };
}

/**
 * Calls `onChange` when the limits differ from those read last: an operator can change them while the process runs
 * (`docker update --cpus`), and the kernel gives no notice, so they are read again every `intervalMs`. The timer
 * keeps no process alive.
 *
 * @returns stops watching
 */
export function watchQuota(
  onChange: (now: Quota, before: Quota) => void,
  { root = '/', intervalMs = 10_000 }: { root?: string; intervalMs?: number } = {},
): () => void {
  let last = readQuota(root);
  const timer = setInterval(() => {
    const now = readQuota(root);
    const before = last;
    last = now;
    const same =
      now.cpus === before.cpus && now.memoryBytes === before.memoryBytes && now.cpuCount === before.cpuCount;
    if (!same) onChange(now, before);
  }, intervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
