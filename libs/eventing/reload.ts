import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '#contracts/errors';
import { subjects } from '#contracts/subjects';
import { BusError } from './bus-error.ts';
import type { Bus } from './bus.ts';
import type { EventLog } from './event-log.ts';
import { ApiError } from './jetstream-api.ts';
import type { Keyring } from './keyring.ts';
import type { Lane } from './lane.ts';

export interface ReloadDeps {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly keyring?: Keyring;
}

const RETRY_MS = 25;
/** After so many conflicts with what lies in the log of a new aggregate that still has no event, its data key is looked for. */
const SUSPICIOUS_CONFLICTS = 3;

/** A replica has not yet what the leader has. */
class Lagging extends Error {
  override readonly name = 'Lagging';
}

/**
 * Brings a lane to the log's state, and answers commands of it that turn out to be stored. With `confirm` the
 * leader is asked how far the subject goes. Goes on until it succeeds or nobody waits any more; never rejects: what
 * can't be mended rejects the commands.
 */
export async function reload(deps: ReloadDeps, lane: Lane, { confirm }: { confirm: boolean }): Promise<void> {
  while (lane.isAlive()) {
    try {
      await deps.bus.whenConnected();
      await readOnce(deps, lane, confirm);
      return;
    } catch (error) {
      if (!isPassing(error)) {
        lane.rejectAll(error);
        return;
      }
      await delay(RETRY_MS);
    }
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof BusError) return error.failure !== 'closed' && error.failure !== 'forbidden';
  return error instanceof Lagging || (error instanceof ApiError && error.status >= 500);
}

async function readOnce({ log, keyring }: ReloadDeps, lane: Lane, confirm: boolean): Promise<void> {
  const asked = performance.now();
  const tail = confirm ? await log.tail(lane.subject) : undefined;
  // The log can only be shorter than it was known to be after a restore.
  if (tail !== undefined && lane.base !== undefined && tail < lane.base.lastSeq) lane.base = undefined;
  if (tail === undefined || tail !== (lane.base?.lastSeq ?? 0)) {
    const events = await log.read(lane.subject, lane.base?.lastSeq ?? 0);
    const last = events.at(-1);
    if (tail !== undefined && (last?.seq ?? 0) < tail)
      throw new Lagging(`${lane.subject} is read up to ${last?.seq ?? 0} of ${tail}`);
    if (lane.waiting.some(({ firstId, lastId }) => seesHalf(events, firstId, lastId)))
      throw new Lagging('a batch is seen in part');
    if (last !== undefined && lane.sealedBy !== undefined && last.erased) throw new Problem('erased');
    lane.extend(events, log.epoch);
  }
  lane.base = { ...(lane.base ?? lane.nothingYet), ...(confirm ? { asOf: asked } : {}) };
  if (lane.sealedBy !== undefined) await readKey(log, keyring, lane, lane.sealedBy);
}

/** Messages of one batch become visible one after another. */
function seesHalf(
  events: readonly { id: string }[],
  firstId: string | undefined,
  lastId: string | undefined,
): boolean {
  if (firstId === undefined || firstId === lastId) return false;
  return events.some(({ id }) => id === firstId) && !events.some(({ id }) => id === lastId);
}

async function readKey(
  log: EventLog,
  keyring: Keyring | undefined,
  lane: Lane,
  { workspace, owner }: { workspace: string; owner: string },
): Promise<void> {
  if (keyring === undefined) throw new Error('this service has no keyring');
  if (lane.base !== undefined && lane.base.version > 0) {
    const key = await keyring.dataKey(workspace, owner);
    if (key === 'erased') throw new Problem('erased');
    lane.key = key;
    return;
  }
  await keyring.open(workspace);
  if (lane.waiting.some(({ conflicts, inFlight }) => conflicts - inFlight >= SUSPICIOUS_CONFLICTS))
    await refuseTakenKey(log, lane, workspace, owner);
}

/** A key of the same name that belongs to another aggregate would make every try a conflict. */
async function refuseTakenKey(log: EventLog, lane: Lane, workspace: string, owner: string): Promise<void> {
  const key = await log.tail(subjects.dataKey(workspace, owner));
  if (key > 0 && (await log.tail(lane.subject)) === 0) {
    throw new Error(`the data key of ${lane.subject} belongs to another aggregate of the same id`);
  }
}
