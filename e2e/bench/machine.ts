import { availableParallelism, cpus, machine as architecture, release, totalmem, type } from 'node:os';
import { cpuQuota } from '#cgroup/quota';

/** What a figure was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** CPUs' worth of time by cgroup, where that is limited. */
  readonly cpuQuota: number | null;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    cpuQuota: cpuQuota() ?? null,
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${type()} ${release()} ${architecture()}`,
    node: process.versions.node,
  };
}
