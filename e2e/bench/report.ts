import type { Bench, BenchResult, Key } from './bench.ts';
import type { Machine } from './machine.ts';

const WIDTH = { name: 16, value: 12, verdict: 22 };

/** The result for people: one line a figure, with what is to be reached and whether it was. */
export function table(bench: Bench, result: BenchResult, machine: Machine): string {
  const { cpu, cores, memoryGiB, system, node } = machine;
  const values = { ...result.figures, ...result.ratios };
  const lines = Object.entries(bench.keys).flatMap(([name, key]) => {
    const value = values[name];
    return value === undefined || value === null ? [] : [line(name, value, key)];
  });
  return [
    '',
    `${bench.name}: ${bench.describe}`,
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`,
    '',
    ...lines,
    '',
    ...Object.entries(result.settings).map(([name, value]) => `  ${name}: ${plain(value)}`),
    '',
  ].join('\n');
}

function line(name: string, value: number, key: Key): string {
  const amount = `${readable(value)}${key.unit === undefined ? '' : ` ${key.unit}`}`;
  return `  ${name.padEnd(WIDTH.name)}${amount.padStart(WIDTH.value)}   ${verdict(value, key).padEnd(WIDTH.verdict)}${key.text}`.trimEnd();
}

function verdict(value: number, { atLeast, under }: Key): string {
  if (atLeast !== undefined) return `${value >= atLeast ? 'reached' : 'SHORT OF'} ${readable(atLeast)}`;
  if (under !== undefined) return `${value < under ? 'under' : 'NOT UNDER'} ${readable(under)}`;
  return '';
}

/** The result for programs: one line of JSON. */
export function json(bench: Bench, { figures, ratios, settings }: BenchResult, machine: Machine): string {
  return JSON.stringify({
    bench: bench.name,
    figures: rounded(figures),
    ratios: rounded(ratios),
    settings,
    machine,
  });
}

const rounded = (values: BenchResult['figures']): Record<string, number | null> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === null ? null : significant(value)]),
  );

/** Four digits, or all of a whole number: a benchmark knows no more. */
export function significant(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

function readable(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return readable(value);
  return JSON.stringify(value);
}
