import { submissionSubmittedV2 } from '#contracts/submission/submission.events';
import { eventType } from '#contracts/event';
import { families } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import type { StoredEvent } from '#eventing/stored-event';
import { derivedId, digest } from '#security/digest';
import type { Complaint } from './complaints.ts';
import type { Ledger } from './ledger.ts';

/** What ids of submissions are derived from, beside their keys. */
export interface Identity {
  readonly workspace: string;
  readonly actor: string;
  readonly form: string;
}

/** One submission as the log has it. */
export interface Stored {
  readonly position: string;
  /** How often it was submitted. */
  readonly times: number;
  /** Digest of its answers. */
  readonly answers: string;
}

/** What the log holds, held against what was promised. */
export interface Audit {
  /** Submissions in the log. */
  readonly stored: number;
  /** Acknowledged, and not in the log at the position that was promised. */
  readonly lost: number;
  /** Submitted twice, answered with two submissions for one key, or stored without ever having been sent. */
  readonly duplicated: number;
  /** Acknowledged, and in the log with other answers. */
  readonly changed: number;
  /** Never acknowledged, and in the log all the same: allowed, since their outcome was left unknown. */
  readonly unacknowledgedButStored: number;
  /** Some of what was found to be wrong. */
  readonly examples: readonly string[];
}

const EXAMPLES = 10;

/** Holds what is stored against the ledger; pure. */
export function audit(
  found: ReadonlyMap<string, Stored>,
  ledger: Ledger,
  complaints: readonly Pick<Complaint, 'stored'>[],
  { workspace, actor, form }: Identity,
): Audit {
  const examples: string[] = [];
  let [lost, changed, unacknowledged] = [0, 0, 0];
  const twice = [...found].filter(([, { times }]) => times > 1);
  for (const [id, { times }] of twice) examples.push(`${id} was submitted ${times} times`);
  const known = new Set<string>();
  for (const { key, row, acknowledged } of ledger.entries) {
    const id = derivedId(workspace, actor, 'submit', form, key);
    known.add(id);
    const stored = found.get(id);
    if (!acknowledged) {
      if (stored) unacknowledged++;
    } else if (acknowledged.id !== id || stored?.position !== acknowledged.position) {
      lost++;
      examples.push(
        `${key} was acknowledged as ${acknowledged.id} at ${acknowledged.position}; the log has ${stored?.position ?? 'nothing'}`,
      );
    } else if (stored.answers !== complaints[row]?.stored) {
      changed++;
      examples.push(`${key} (${id}) has other answers than were sent`);
    }
  }
  const strangers = [...found.keys()].filter((id) => !known.has(id));
  for (const id of strangers) examples.push(`${id} was never sent`);
  for (const key of ledger.contradicted) examples.push(`${key} was answered in two ways`);
  return {
    stored: found.size,
    lost,
    duplicated: twice.length + strangers.length + ledger.contradicted.length,
    changed,
    unacknowledgedButStored: unacknowledged,
    examples: examples.slice(0, EXAMPLES),
  };
}

/** Every submission of the log by its id, decrypted. */
export async function readSubmissions(log: EventLog): Promise<Map<string, Stored>> {
  const found = new Map<string, Stored>();
  const end = await log.lastSeq();
  const done = new AbortController();
  const filters = [families.keys, families.submission];
  for await (const batch of log.follow({ filters, after: 0, signal: done.signal })) {
    for (const event of batch.events) if (event.type === eventType(submissionSubmittedV2)) take(found, event);
    if (batch.pending === 0 || batch.lastSeq >= end) break;
  }
  done.abort();
  return found;
}

function take(found: Map<string, Stored>, { subject, position, data, erased }: StoredEvent): void {
  const id = subject.split('.').at(-1) ?? subject;
  const earlier = found.get(id);
  if (earlier) found.set(id, { ...earlier, times: earlier.times + 1 });
  // Nobody erases here: a data key that is gone is an answer that is lost.
  else
    found.set(id, {
      position,
      times: 1,
      answers: erased ? 'erased' : digest((data as { answers: unknown }).answers),
    });
}
