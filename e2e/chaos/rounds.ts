import type { RunningSystem } from '#tools/start/system';
import type { Ingest } from './ingest.ts';
import type { Ledger } from './ledger.ts';
import { bag } from './random.ts';
import type { Recoveries, Recovery } from './recovery.ts';
import { killOne, kindsOf, type Kind } from './victims.ts';

/** One kill, and what came of it. */
export interface Round extends Recovery {
  readonly kind: Kind;
  readonly pid: number;
  /** How many submissions had been acknowledged. */
  readonly acknowledged: number;
}

export interface RoundsOptions {
  readonly system: RunningSystem;
  readonly ingest: Ingest;
  readonly ledger: Ledger;
  readonly recoveries: Recoveries;
  readonly rounds: number;
  readonly submissions: number;
  readonly only: readonly Kind[];
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onRound: (round: Round, number: number) => void;
}

const RECOVERY_MS = 60_000;

/**
 * Kills one process a round, at a moment of the round's burst that chance decides, and waits until the system is whole
 * again. What is killed is drawn from a bag, so that few rounds hit every kind. What is left of the submissions is sent
 * at the end.
 *
 * @throws when the system does not recover
 */
export async function killRounds(options: RoundsOptions): Promise<Round[]> {
  const { system, ingest, ledger, recoveries, rounds, submissions, only, random, signal, onRound } = options;
  const draw = bag(kindsOf(system, only), random);
  const burst = Math.ceil(submissions / rounds);
  const done: Round[] = [];
  for (let number = 1; number <= rounds; number++) {
    ingest.burst(burst);
    await ingest.until(ledger.acknowledged + Math.floor(burst * 0.8 * random()), signal);
    const { acknowledged } = ledger;
    const kill = await killOne(system, draw(), random);
    const patience = AbortSignal.any([signal, AbortSignal.timeout(RECOVERY_MS)]);
    const recovery = await recoveries.after(kill, patience).catch((cause: Error) => {
      throw new Error(
        `no recovery from SIGKILL of ${kill.kind} within ${RECOVERY_MS / 1000} s: ${cause.message}`,
        { cause },
      );
    });
    const round = { kind: kill.kind, pid: kill.pid, acknowledged, ...recovery };
    done.push(round);
    onRound(round, number);
  }
  const left = submissions - ledger.acknowledged;
  if (left > 0) {
    ingest.burst(left);
    await ingest.until(submissions, signal);
  }
  return done;
}
