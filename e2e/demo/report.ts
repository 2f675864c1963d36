import type { Submission } from '#contracts/submission/submission.rpc';
import type { Outcome } from './run.ts';

const number = (value: number): string => value.toLocaleString('en-US');
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const rounded = (value: number): number => Math.round(value * 10) / 10;

/** Refusals beyond these are in the JSON alone. */
const REASONS_SHOWN = 20;
const MESSAGE_SHOWN = 90;

/** What the demo found, for a person. */
export function textReport({ form, tally, seconds, answers }: Outcome, connections: number): string {
  const { page, counts, one } = answers;
  return [
    `The form consumer-complaint ${form === 'published' ? 'was published' : 'was published before, and asks the same'}.`,
    '',
    `${number(tally.rows)} rows in ${seconds.toFixed(1)} s, ${connections} at a time: ${number(Math.round(tally.rows / seconds))} a second`,
    `  accepted   ${number(tally.accepted)}${tally.replayed > 0 ? `, ${number(tally.replayed)} of them submitted before` : ''}`,
    `  refused    ${number(tally.refused)}`,
    `  latency    p50 ${ms(tally.ms(0.5))}, p95 ${ms(tally.ms(0.95))}, p99 ${ms(tally.ms(0.99))}`,
    `  positions  ${tally.first === undefined ? 'none' : `${tally.first} to ${String(tally.last)}`}`,
    ...refusals(tally.refusals),
    '',
    'Three questions, about all that was ever submitted to the form, by this run or before',
    '',
    `From Florida, the last received first: two pages of five, in ${ms(page.ms)}`,
    ...[...page.items, ...page.next].map((submission) => `  ${complaint(submission)}`),
    '',
    'How many are about',
    ...counts.map(({ product, count }) => `  ${product.padEnd(20)} ${number(count)}`),
    ...(one === undefined
      ? []
      : [
          '',
          'The newest, read back by its own position',
          `  ${complaint(one.submission)}`,
          ...one.history.map(
            ({ version, type, time, actor }) => `  version ${version}: ${type} at ${time} by ${actor}`,
          ),
        ]),
  ].join('\n');
}

/** The same for programs, in one line. */
export function jsonReport(
  { form, tally, seconds, answers }: Outcome,
  verified: boolean | undefined,
): string {
  const { page, counts, one } = answers;
  return JSON.stringify({
    form,
    rows: tally.rows,
    accepted: tally.accepted,
    replayed: tally.replayed,
    refused: tally.refused,
    refusals: tally.refusals,
    seconds: rounded(seconds),
    perSecond: rounded(tally.rows / seconds),
    p50ms: rounded(tally.ms(0.5)),
    p95ms: rounded(tally.ms(0.95)),
    p99ms: rounded(tally.ms(0.99)),
    firstPosition: tally.first ?? null,
    lastPosition: tally.last ?? null,
    queries: {
      florida: [...page.items, ...page.next].map(({ answers: { complaint_id } }) => complaint_id),
      counts: Object.fromEntries(counts.map(({ product, count }) => [product, count])),
      newest: one && { id: one.submission.id, events: one.history.map(({ type }) => type) },
    },
    ...(verified === undefined ? {} : { verify: verified }),
  });
}

function refusals(all: Outcome['tally']['refusals']): string[] {
  if (all.length === 0) return [];
  const shown = all.slice(0, REASONS_SHOWN).map(({ field, code, count, message, example }) => {
    const what = message.length > MESSAGE_SHOWN ? `${message.slice(0, MESSAGE_SHOWN)}…` : message;
    return `  ${number(count).padStart(6)}  ${field || '(row)'} ${code}, as in ${example}: ${what.split('\n')[0] ?? ''}`;
  });
  const rest = all.length - shown.length;
  return ['', 'Refused, by field and reason', ...shown, ...(rest > 0 ? [`  and ${rest} reasons more`] : [])];
}

function complaint({ answers }: Submission): string {
  const { complaint_id, date_received, state, product, issue } = answers;
  const cells = [complaint_id, date_received, state, product, issue];
  return cells.map((value) => (typeof value === 'object' ? '-' : String(value ?? '-'))).join(' · ');
}
