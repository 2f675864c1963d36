import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cpuCount, cpuQuota, memoryLimit } from './quota.ts';
import { watchQuota } from './watch.ts';

type Tree = Readonly<Record<string, string>>;

const scratch = mkdtempSync(join(tmpdir(), 'cgroup-'));
let trees = 0;

function plant(tree: Tree, root = join(scratch, String(trees++))): string {
  mkdirSync(root, { recursive: true });
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

const V2_HOST: Tree = {
  'proc/self/cgroup': '0::/system.slice/formbus.service/worker',
  'proc/self/mountinfo':
    '30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate',
  'sys/fs/cgroup/system.slice/cpu.max': 'max 100000',
  'sys/fs/cgroup/system.slice/memory.max': 'max',
  'sys/fs/cgroup/system.slice/formbus.service/cpu.max': '150000 100000',
  'sys/fs/cgroup/system.slice/formbus.service/memory.max': '1073741824',
  'sys/fs/cgroup/system.slice/formbus.service/worker/cpu.max': '400000 100000',
  'sys/fs/cgroup/system.slice/formbus.service/worker/memory.max': '2147483648',
};

/** Inside a container with a cgroup namespace of its own: its cgroup is the root that it sees. */
const V2_CONTAINER: Tree = {
  'proc/self/cgroup': '0::/',
  'proc/self/mountinfo':
    '620 612 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate',
  'sys/fs/cgroup/cpu.max': '50000 100000',
  'sys/fs/cgroup/memory.max': '536870912',
};

const DOCKER = '/docker/1f3c9a';

/** Inside a Docker container on v1: membership shows the host's path, the mount shows only the part below it. */
const V1_CONTAINER: Tree = {
  'proc/self/cgroup': `11:cpu,cpuacct:${DOCKER}\n9:memory:${DOCKER}\n1:name=systemd:${DOCKER}`,
  'proc/self/mountinfo': [
    '700 650 0:60 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs rw,mode=755',
    `701 700 0:32 ${DOCKER} /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:16 - cgroup cgroup rw,cpu,cpuacct`,
    `702 700 0:33 ${DOCKER} /sys/fs/cgroup/memory ro,nosuid master:17 - cgroup cgroup rw,memory`,
  ].join('\n'),
  'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '200000',
  'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
  'sys/fs/cgroup/memory/memory.limit_in_bytes': '268435456',
};

/** v1 controllers beside an empty unified hierarchy, as systemd's hybrid mode mounts them. */
const HYBRID: Tree = {
  'proc/self/cgroup': '4:memory:/jobs/7\n1:cpu:/jobs/7\n0::/',
  'proc/self/mountinfo': [
    '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu',
    '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
    '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
  ].join('\n'),
  'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
  'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
  'sys/fs/cgroup/cpu/jobs/cpu.cfs_quota_us': '300000',
  'sys/fs/cgroup/cpu/jobs/cpu.cfs_period_us': '100000',
  'sys/fs/cgroup/cpu/jobs/7/cpu.cfs_quota_us': '-1',
  'sys/fs/cgroup/cpu/jobs/7/cpu.cfs_period_us': '100000',
  'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
  'sys/fs/cgroup/memory/jobs/memory.limit_in_bytes': '9223372036854771712',
  'sys/fs/cgroup/memory/jobs/7/memory.limit_in_bytes': '4294967296',
};

describe('CPU quota and memory limit', () => {
  afterAll(() => {
    rmSync(scratch, { recursive: true });
  });

  it('are the tightest along the path of nested v2 groups', () => {
    const root = plant(V2_HOST);
    expect(cpuQuota(root)).toBe(1.5);
    expect(memoryLimit(root)).toBe(1_073_741_824);
  });

  it('are read from the mount itself inside a v2 container', () => {
    const root = plant(V2_CONTAINER);
    expect(cpuQuota(root)).toBe(0.5);
    expect(memoryLimit(root)).toBe(536_870_912);
  });

  it('are read from the mount itself when the namespace shows a path outside it', () => {
    const root = plant({ ...V2_CONTAINER, 'proc/self/cgroup': '0::/../../other' });
    expect(cpuQuota(root)).toBe(0.5);
  });

  it('are read from a v1 container, whose mounts show only its own part', () => {
    const root = plant(V1_CONTAINER);
    expect(cpuQuota(root)).toBe(2);
    expect(memoryLimit(root)).toBe(268_435_456);
  });

  it('are the tightest of the v1 hierarchy on a hybrid system', () => {
    const root = plant(HYBRID);
    expect(cpuQuota(root)).toBe(3);
    expect(memoryLimit(root)).toBe(4_294_967_296);
  });

  it('are undefined where every level says max', () => {
    const root = plant({
      ...V2_CONTAINER,
      'sys/fs/cgroup/cpu.max': 'max 100000',
      'sys/fs/cgroup/memory.max': 'max',
    });
    expect(cpuQuota(root)).toBeUndefined();
    expect(memoryLimit(root)).toBeUndefined();
  });

  it('are undefined where there are no cgroups', () => {
    const root = plant({});
    expect(cpuQuota(root)).toBeUndefined();
    expect(memoryLimit(root)).toBeUndefined();
  });
});

describe('the number of CPUs to keep busy', () => {
  const withQuota = (max: string) => plant({ ...V2_CONTAINER, 'sys/fs/cgroup/cpu.max': `${max} 100000` });

  it.each([
    ['200000', 2],
    ['150000', 1],
    ['100000', 1],
    ['50000', 1],
    ['1600000', 8],
    ['max', 8],
  ])('with a quota of %s µs in 100000 and 8 CPUs is %d', (max, count) => {
    expect(cpuCount(withQuota(max), 8)).toBe(count);
  });
});

describe('watching', () => {
  it('reports a changed limit once, with what it was before, and stops when told', () => {
    jest.useFakeTimers();
    const root = plant(V2_CONTAINER);
    const seen: unknown[] = [];
    const stop = watchQuota((now, before) => seen.push([before.cpus, now.cpus]), { root, intervalMs: 1_000 });
    jest.advanceTimersByTime(2_000);
    expect(seen).toEqual([]);
    plant({ 'sys/fs/cgroup/cpu.max': '200000 100000' }, root);
    jest.advanceTimersByTime(3_000);
    expect(seen).toEqual([[0.5, 2]]);
    stop();
    plant({ 'sys/fs/cgroup/cpu.max': '100000 100000' }, root);
    jest.advanceTimersByTime(3_000);
    expect(seen).toHaveLength(1);
    jest.useRealTimers();
  });
});
