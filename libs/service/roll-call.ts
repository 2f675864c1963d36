import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { Presence, type ServiceStatus } from '#contracts/operations/services';
import type { Bus } from '#eventing/bus';
import { pause } from '#eventing/pause';
import type { Check, Health } from './readiness.ts';
import { VERSION } from './version.ts';

/*
 * Whoever may publish on the bus can answer as any service: a roll tells an operator what to look at, and nothing may
 * be decided by it until the permissions of NATS say who is who.
 */

const SUBJECT = 'sys.roll-call';
const Call = z.object({ reply: z.templateLiteral([`${SUBJECT}.`, z.uuid()]) });

/** Said at once. `run` tells processes apart whose names are the same, as those of two containers may be. */
const Here = Presence.omit({ state: true, troubles: true }).extend({ run: z.uuid() });
type Here = z.infer<typeof Here>;
/** Said when the checks are done. */
const Report = Here.extend(Presence.pick({ state: true, troubles: true }).shape);
type Report = z.infer<typeof Report>;

/** Longer than a check may take, and than the workers of a cluster are waited for. */
const PATIENCE_MS = 2_000;
/** For more processes of a service, of which nobody knows how many there are, to say that they are here. */
const SETTLE_MS = 500;
/** No installation has as many processes. */
const MOST = 500;

type Notices = Pick<Bus, 'notify' | 'onNotice' | 'logger'>;

/** Has a process say that it is here, and then how it is, to whoever calls the roll, until its bus is closed. */
export function answerRollCalls(
  bus: Notices,
  { name, readiness }: { readonly name: string; readonly readiness: Health },
): void {
  const run = randomUUID();
  const answer = async (reply: string): Promise<void> => {
    const here = hereOf(name, run);
    bus.notify(reply, here);
    bus.notify(reply, { ...here, ...(await stateOf(readiness)) } satisfies Report);
  };
  bus.onNotice(SUBJECT, (value) => {
    const call = Call.safeParse(value);
    if (!call.success) return;
    answer(call.data.reply).catch((err: unknown) => {
      // A bus that is being closed takes no more notices.
      bus.logger.debug({ err }, 'a call of the roll was not answered');
    });
  });
}

const hereOf = (service: string, run: string): Here => ({
  run,
  service,
  instance: `${hostname()}:${process.pid}`,
  version: VERSION,
  uptimeSeconds: Math.round(process.uptime()),
});

const STATES = { ok: 'ready', degraded: 'degraded', failed: 'failed' } as const;

async function stateOf(readiness: Health): Promise<Pick<Presence, 'state' | 'troubles'>> {
  const { status, checks } = await readiness.report();
  const troubles = Object.entries(checks)
    .filter(isTrouble)
    .map(([check, { detail = '' }]) => ({ check: check.slice(0, 100), detail: detail.slice(0, 1000) }));
  return { state: STATES[status], troubles: troubles.slice(0, 100) };
}

const isTrouble = ([, { ok, degraded }]: [string, Check]): boolean => !ok || degraded === true;

export interface RollCallOptions {
  /** Services that are silent when they don't answer; others that answer come after them. */
  readonly expected: readonly string[];
  readonly patienceMs?: number;
}

/**
 * Asks all processes on the bus how they are. Takes half a second when every expected service answers, and as long as
 * its slowest check when one takes longer; 2 s at most. A process that has said by then that it is here, and not how it
 * is, is `silent`; one that has said nothing is left out, and so are those beyond 500.
 */
export async function callRoll(
  bus: Pick<Notices, 'notify' | 'onNotice'>,
  { expected, patienceMs = PATIENCE_MS }: RollCallOptions,
): Promise<readonly ServiceStatus[]> {
  const heard = new Map<string, Here | Report>();
  const missing = new Set(expected);
  const complete = new AbortController();
  let settling: NodeJS.Timeout | undefined;
  let settled = false;
  const look = (): void => {
    if (missing.size > 0) return;
    settling ??= setTimeout(() => {
      settled = true;
      look();
    }, SETTLE_MS);
    if (settled && [...heard.values()].every(isReport)) complete.abort();
  };
  const reply = `${SUBJECT}.${randomUUID()}`;
  const stop = bus.onNotice(reply, (value) => {
    const answer = answerIn(value);
    if (answer === undefined || (heard.size >= MOST && !heard.has(answer.run))) return;
    heard.set(answer.run, answer);
    missing.delete(answer.service);
    look();
  });
  try {
    bus.notify(SUBJECT, { reply });
    await pause(patienceMs, complete.signal);
  } finally {
    clearTimeout(settling);
    stop();
  }
  const present = [...heard.values()];
  const names = [...new Set([...expected, ...present.map(({ service }) => service).sort()])];
  return names.map((name) => statusOf(name, present, patienceMs));
}

const isReport = (answer: Here | Report): answer is Report => 'state' in answer;

const answerIn = (value: unknown): Here | Report | undefined =>
  Report.safeParse(value).data ?? Here.safeParse(value).data;

function statusOf(name: string, present: readonly (Here | Report)[], patienceMs: number): ServiceStatus {
  const instances = present
    .filter(({ service }) => service === name)
    .map((answer) => instanceOf(answer, patienceMs))
    .sort((one, other) => (one.instance < other.instance ? -1 : 1));
  const [first, ...others] = new Set(instances.map(({ state }) => state));
  const state = first === undefined ? 'silent' : others.length === 0 ? first : 'degraded';
  return { service: name, state, instances };
}

function instanceOf(answer: Here | Report, patienceMs: number): ServiceStatus['instances'][number] {
  const { instance, version, uptimeSeconds } = answer;
  if (isReport(answer)) {
    const { state, troubles } = answer;
    return { instance, version, state, uptimeSeconds, troubles };
  }
  const troubles = [{ check: 'report', detail: `is here, and has not said in ${patienceMs} ms how it is` }];
  return { instance, version, state: 'silent', uptimeSeconds, troubles };
}
