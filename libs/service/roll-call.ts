import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { Presence, type ServiceStatus } from '#contracts/operations/services';
import type { Bus } from '#eventing/bus';
import type { Check, Health } from './readiness.ts';
import { VERSION } from './version.ts';

const SUBJECT = 'sys.roll-call';
const Call = z.object({ reply: z.string().startsWith(`${SUBJECT}.`) });

/** Longer than a check may take. */
const PATIENCE_MS = 2_000;
/** For more processes of a service, of which nobody knows how many there are. */
const SETTLE_MS = 250;

/** Has a process say how it is, to whoever calls the roll, until its bus is closed. */
export function answerRollCalls(
  bus: Pick<Bus, 'notify' | 'onNotice'>,
  { name, readiness }: { readonly name: string; readonly readiness: Health },
): void {
  bus.onNotice(SUBJECT, (value) => {
    const call = Call.safeParse(value);
    if (!call.success) return;
    void presenceOf(name, readiness).then((presence) => bus.notify(call.data.reply, presence));
  });
}

const STATES = { ok: 'ready', degraded: 'degraded', failed: 'failed' } as const;

async function presenceOf(service: string, readiness: Health): Promise<Presence> {
  const { status, checks } = await readiness.report();
  return {
    service,
    instance: `${hostname()}:${process.pid}`,
    version: VERSION,
    state: STATES[status],
    uptimeSeconds: Math.round(process.uptime()),
    troubles: Object.entries(checks)
      .filter(isTrouble)
      .map(([check, { detail = '' }]) => ({ check, detail })),
  };
}

const isTrouble = ([, { ok, degraded }]: [string, Check]): boolean => !ok || degraded === true;

export interface RollCallOptions {
  /** Services that are silent when they don't answer; others that answer come after them. */
  readonly expected: readonly string[];
  readonly patienceMs?: number;
}

/**
 * Asks all processes on the bus how they are. Takes a moment when every expected service answers, and 2 s otherwise; a
 * process that answers later than that is left out.
 */
export async function callRoll(
  bus: Pick<Bus, 'notify' | 'onNotice'>,
  { expected, patienceMs = PATIENCE_MS }: RollCallOptions,
): Promise<readonly ServiceStatus[]> {
  const present: Presence[] = [];
  const missing = new Set(expected);
  const complete = new AbortController();
  const reply = `${SUBJECT}.${randomUUID()}`;
  const stop = bus.onNotice(reply, (value) => {
    const presence = Presence.safeParse(value);
    if (!presence.success) return;
    present.push(presence.data);
    missing.delete(presence.data.service);
    if (missing.size === 0) complete.abort();
  });
  try {
    bus.notify(SUBJECT, { reply });
    await delay(patienceMs, undefined, { signal: complete.signal }).catch(() => delay(SETTLE_MS));
  } finally {
    stop();
  }
  const names = [...new Set([...expected, ...present.map(({ service }) => service).sort()])];
  return names.map((name) => statusOf(name, present));
}

function statusOf(name: string, present: readonly Presence[]): ServiceStatus {
  const instances = present
    .filter(({ service }) => service === name)
    .map(({ service: _service, ...instance }) => instance)
    .sort((one, other) => (one.instance < other.instance ? -1 : 1));
  const [first, ...others] = new Set(instances.map(({ state }) => state));
  const state = first === undefined ? 'silent' : others.length === 0 ? first : 'degraded';
  return { service: name, state, instances };
}
