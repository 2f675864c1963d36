import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/**
 * Where the control files of this process lie: directories from its own cgroup up to the mount, the process's own
 * first. A limit anywhere along that path holds, so a reader takes the tightest of them.
 */
export interface CgroupPath {
  readonly version: 1 | 2;
  readonly directories: readonly string[];
}

interface Mount {
  readonly version: 1 | 2;
  /** Which part of the hierarchy is mounted: `/` or, seen from inside a container, the container's own cgroup. */
  readonly top: string;
  readonly point: string;
  readonly controllers: readonly string[];
}

/** The file's text without surrounding white space; undefined when there is no such file to be read. */
export function readControl(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined; // no such controller, or no cgroups on this system: both mean that nothing is limited here
  }
}

/**
 * The hierarchies that limit one resource of this process: the v1 hierarchy of the controller, the v2 one, or both
 * on a hybrid system (only one of them then has the controller's files). Empty where there are no cgroups.
 *
 * @param controller `cpu` or `memory`
 * @param root where `/proc` and `/sys` are looked for: `/`, or a captured tree
 */
export function cgroupPaths(controller: 'cpu' | 'memory', root = '/'): CgroupPath[] {
  const memberships = readControl(join(root, 'proc/self/cgroup'));
  const mounts = readControl(join(root, 'proc/self/mountinfo'));
  if (memberships === undefined || mounts === undefined) return [];
  const own = parseMemberships(memberships);
  const paths: CgroupPath[] = [];
  for (const mount of parseMounts(mounts)) {
    if (mount.version === 1 && !mount.controllers.includes(controller)) continue;
    const membership = own.get(mount.version === 2 ? '' : controller);
    if (membership === undefined) continue;
    const directories = ancestors(mount, membership).map((directory) => join(root, directory));
    paths.push({ version: mount.version, directories });
  }
  return paths;
}

/** `4:cpu,cpuacct:/docker/1f3c` gives cpu and cpuacct; `0::/docker/1f3c` gives '' (the unified hierarchy). */
function parseMemberships(text: string): Map<string, string> {
  const own = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const controller of controllers.split(',')) own.set(controller, path);
  }
  return own;
}

/** Lines of proc_pid_mountinfo(5): `32 31 0:29 /top /point options - type source superOptions`. */
function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [before, after] = line.split(' - ');
    const [, , , top, point] = (before ?? '').split(' ');
    const [type, , options] = (after ?? '').split(' ');
    if (top === undefined || point === undefined) continue;
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    mounts.push({
      version: type === 'cgroup2' ? 2 : 1,
      top: unescapeOctal(top),
      point: unescapeOctal(point),
      controllers: type === 'cgroup2' ? [] : (options ?? '').split(','),
    });
  }
  return mounts;
}

/** mountinfo writes a space as `\040`. */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/**
 * The process's own directory and those above it, up to the mount point. A path outside the mounted part (another
 * cgroup namespace shows it as `/../..`) says nothing about where the process is below the mount, so only the mount
 * point itself is looked at: in a container that is the container's own cgroup.
 */
function ancestors(mount: Mount, membership: string): string[] {
  const inside = posix.relative(mount.top, membership);
  if (inside === '' || inside.startsWith('..') || membership.includes('/..')) return [mount.point];
  const steps = inside.split('/');
  const directories: string[] = [];
  for (let depth = steps.length; depth >= 0; depth--) {
    directories.push(posix.join(mount.point, ...steps.slice(0, depth)));
  }
  return directories;
}
