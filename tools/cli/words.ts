const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people: `3.4 MiB`. */
export function bytes(count: number): string {
  const power = Math.min(UNITS.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}

/** A number with its thousands apart. */
export const number = (value: number): string => value.toLocaleString('en-US');

/** How long: `0.4 s`, `42 s`, `3 min`, `5 h`, `12 d`. */
export function span(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** A time as people read it, to the second and in UTC: `2026-01-31 12:00:00`. */
export const time = (instant: string): string => instant.replace('T', ' ').replace(/(\.\d+)?Z$/, '');

/** How many, with the right form of the noun: `1 message`, `3 messages`. */
export const several = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;
