import { percentile } from '../client/percentile.ts';
import type { Verification } from '#readmodel/verify';
import type { Audit } from './audit.ts';
import type { Ledger } from './ledger.ts';
import type { KillOptions } from './options.ts';
import type { Round } from './rounds.ts';
import { KINDS, type Kind } from './victims.ts';

/** What was found when all was over. */
export interface Findings {
  readonly rounds: readonly Round[];
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly verifications: readonly Verification[];
  /** How many submissions a list of the read model counts. */
  readonly listed: number;
  /** Acknowledged submissions that were sent once more, and those that were answered otherwise than before. */
  readonly repeats: { readonly sent: number; readonly different: number };
  readonly seconds: number;
}

export const isSound = ({ audit, verifications, listed, repeats }: Findings): boolean =>
  audit.lost + audit.duplicated + audit.changed + repeats.different === 0 &&
  listed === audit.stored &&
  verifications.every(({ equal }) => equal);

interface Distribution {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

const distribution = (values: readonly number[]): Distribution => ({
  p50: Math.round(percentile(values, 0.5)),
  p95: Math.round(percentile(values, 0.95)),
  max: Math.round(percentile(values, 1)),
});

/** For programs, in one line. Times are milliseconds. */
export function jsonReport(findings: Findings, { seed, connections }: KillOptions): string {
  const { rounds, ledger, audit, verifications, listed, repeats, seconds } = findings;
  const kinds = KINDS.filter((kind) => rounds.some((round) => round.kind === kind));
  return JSON.stringify({
    rounds: rounds.length,
    lost: audit.lost,
    duplicated: audit.duplicated,
    changed: audit.changed,
    verify: verifications.every(({ equal }) => equal),
    sent: ledger.size,
    acknowledged: ledger.acknowledged,
    stored: audit.stored,
    listed,
    unacknowledgedButStored: audit.unacknowledgedButStored,
    repeatedRequests: { sent: ledger.repeated, hadBeenDone: ledger.replayed },
    repeatsAfterwards: repeats,
    kills: Object.fromEntries(kinds.map((kind) => [kind, of(rounds, kind).length])),
    mttr: distribution(rounds.map(({ wholeMs }) => wholeMs)),
    accepting: distribution(rounds.map(({ acceptingMs }) => acceptingMs)),
    serving: distribution(rounds.map(({ servingMs }) => servingMs)),
    mttrBy: Object.fromEntries(
      kinds.map((kind) => [kind, distribution(of(rounds, kind).map(({ wholeMs }) => wholeMs))]),
    ),
    projections: verifications.map(({ projection, equal, documents, hash }) => ({
      projection,
      equal,
      documents,
      hash,
    })),
    examples: audit.examples,
    seed,
    connections,
    seconds: Math.round(seconds),
  });
}

/** For people. */
export function textReport({
  rounds,
  ledger,
  audit,
  verifications,
  listed,
  repeats,
  seconds,
}: Findings): string {
  const kinds = KINDS.filter((kind) => of(rounds, kind).length > 0);
  return [
    '',
    '                          accepting again, ms       serving again, ms        whole again, ms',
    'SIGKILL of        kills     p50    p95     max       p50    p95     max       p50    p95     max',
    ...kinds.map((kind) => line(kind, of(rounds, kind))),
    line('all', rounds),
    '',
    `${ledger.size} submissions sent, ${ledger.acknowledged} acknowledged, in ${seconds.toFixed(0)} s`,
    `  ${ledger.repeated} were acknowledged only when the request was repeated with its key; ${ledger.replayed} of them had been done before`,
    `  lost ${audit.lost}, duplicated ${audit.duplicated}, changed ${audit.changed}; stored without an acknowledgement ${audit.unacknowledgedButStored}`,
    `  ${repeats.sent} sent once more afterwards: ${repeats.different} answered otherwise`,
    `  the log holds ${audit.stored}, a list counts ${listed}`,
    ...verifications.map(({ projection, equal, documents }) => {
      return `  ${projection}: ${documents} documents ${equal ? 'equal' : 'DIFFER FROM'} a rebuild`;
    }),
    ...audit.examples.map((example) => `  ! ${example}`),
  ].join('\n');
}

const of = (rounds: readonly Round[], kind: Kind): Round[] => rounds.filter((round) => round.kind === kind);

function line(name: string, rounds: readonly Round[]): string {
  const measures = [
    rounds.map((round) => round.acceptingMs),
    rounds.map((round) => round.servingMs),
    rounds.map((round) => round.wholeMs),
  ].map(distribution);
  const cells = measures.map(({ p50, p95, max }) =>
    [String(p50).padStart(8), String(p95).padStart(7), String(max).padStart(8)].join(''),
  );
  return `${name.padEnd(16)}${String(rounds.length).padStart(7)}${cells.join('  ')}`;
}
