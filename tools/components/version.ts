/** A version of three numbers; anything after them is ignored. */
export type Version = readonly [major: number, minor: number, patch: number];

/** The first `1.2.3` in `text`. */
export function findVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

export function formatVersion(version: Version): string {
  return version.join('.');
}

export function isAtLeast(version: Version, floor: Version): boolean {
  for (const [index, part] of version.entries()) {
    const least = floor[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
