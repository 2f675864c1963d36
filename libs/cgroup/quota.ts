import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cgroupPaths, readControl } from './paths.ts';

/** Limits of 2^53 bytes and more are how v1 spells "none" (it writes the largest page-aligned integer). */
const NO_MEMORY_LIMIT = Number.MAX_SAFE_INTEGER;

/**
 * How many CPUs' worth of time this process may use, as set on its cgroup or on any above it (the tightest holds);
 * 0.5 is half a CPU. Undefined when nothing limits it.
 *
 * @param root where `/proc` and `/sys` are looked for; a captured tree in specs
 */
export function cpuQuota(root = '/'): number | undefined {
  return tightest(
    cgroupPaths('cpu', root).flatMap(({ version, directories }) =>
      directories.map((directory) => (version === 2 ? cpuOfV2(directory) : cpuOfV1(directory))),
    ),
  );
}

/** How many bytes of memory this process may use, by the same rule; undefined when nothing limits it. */
export function memoryLimit(root = '/'): number | undefined {
  return tightest(
    cgroupPaths('memory', root).flatMap(({ version, directories }) =>
      directories.map((directory) =>
        parseBytes(readControl(join(directory, version === 2 ? 'memory.max' : 'memory.limit_in_bytes'))),
      ),
    ),
  );
}

/**
 * How many busy threads or processes make sense: the CPUs that the scheduler offers, but no more than the quota,
 * rounded down, and never none. A limit of 2 gives 2, 1.5 gives 1, 0.5 gives 1: one more than the quota would be
 * throttled together with all the others.
 */
export function cpuCount(root = '/', parallelism = availableParallelism()): number {
  const quota = cpuQuota(root) ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(Math.min(parallelism, quota)));
}

/** `cpu.max` holds `<quota> <period>` in microseconds, the quota `max` when there is none. */
function cpuOfV2(directory: string): number | undefined {
  const [quota, period] = (readControl(join(directory, 'cpu.max')) ?? '').split(' ');
  return ratio(quota, period);
}

/** `cpu.cfs_quota_us` is -1 when there is none. */
function cpuOfV1(directory: string): number | undefined {
  return ratio(
    readControl(join(directory, 'cpu.cfs_quota_us')),
    readControl(join(directory, 'cpu.cfs_period_us')),
  );
}

function ratio(quota: string | undefined, period: string | undefined): number | undefined {
  const cpus = Number(quota) / Number(period);
  return Number.isFinite(cpus) && cpus > 0 ? cpus : undefined;
}

function parseBytes(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined; // `max`, or no such file
  const bytes = Number(text);
  return bytes < NO_MEMORY_LIMIT - 0xffff ? bytes : undefined;
}

function tightest(limits: readonly (number | undefined)[]): number | undefined {
  const set = limits.filter((limit) => limit !== undefined);
  return set.length === 0 ? undefined : Math.min(...set);
}
