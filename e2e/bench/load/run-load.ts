import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from './http-connection.ts';
import type { ClosedLoad, LoadResult, OpenLoad, Target } from './load.ts';
import { Measurement } from './measurement.ts';
import { requests } from './requests.ts';

/** How long an answer may take after the end; what does not come until then counts as an error. */
const PATIENCE_MS = 15_000;

/** Pause before a broken connection is opened anew: a server that is away would be asked thousands of times a second. */
const REOPEN_MS = 100;

/** Resolves when the load is over and everything that was sent has its answer, or has waited long enough for it. */
export async function runLoad(target: Target, load: ClosedLoad | OpenLoad): Promise<LoadResult> {
  const { warmUpSeconds, seconds } = load;
  const measured = new Measurement(performance.now() + warmUpSeconds * 1000, seconds);
  const run = { target, measured, next: requests(target), waiting: new Set<Promise<void>>() };
  const connections = Array.from(
    { length: load.connections },
    () => new HttpConnection(target.port, target.host),
  );
  if (load.kind === 'closed') sendClosed(run, connections);
  else await sendOpen(run, connections, load.perSecond);
  await emptied(run.waiting, measured.endsAt + PATIENCE_MS);
  for (let left = run.waiting.size; left > 0; left--) measured.error('no answer');
  for (const connection of connections) connection.close();
  return measured.result();
}

interface Run {
  readonly target: Target;
  readonly measured: Measurement;
  readonly next: () => string;
  /** Connections that still have something to do. */
  readonly waiting: Set<Promise<void>>;
}

/** Each connection sends its next request when it has the answer to the last one. */
function sendClosed(run: Run, connections: HttpConnection[]): void {
  for (const slot of connections.keys()) {
    const { promise, resolve } = Promise.withResolvers<void>();
    run.waiting.add(promise);
    void promise.then(() => run.waiting.delete(promise));
    const again = (): void => {
      if (run.measured.isOver) resolve();
      else sendOne(run, connections, slot, performance.now(), again);
    };
    again();
  }
}

/** A request every so often, on any connection that is idle. */
async function sendOpen(run: Run, connections: HttpConnection[], perSecond: number): Promise<void> {
  const idle = [...connections.keys()];
  const began = performance.now();
  for (let sent = 0; !run.measured.isOver; sent++) {
    const due = began + (sent * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await delay(early);
    const slot = idle.pop();
    if (slot === undefined) {
      run.measured.error('no connection was free');
      continue;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    run.waiting.add(promise);
    sendOne(run, connections, slot, due, () => {
      idle.push(slot);
      run.waiting.delete(promise);
      resolve();
    });
  }
}

function sendOne(
  { target, next, measured }: Run,
  connections: HttpConnection[],
  slot: number,
  since: number,
  done: () => void,
): void {
  connections[slot]?.send(
    next(),
    (status) => {
      measured.answer(status, since);
      done();
    },
    (error) => {
      measured.error(error.message);
      setTimeout(() => {
        connections[slot] = new HttpConnection(target.port, target.host);
        done();
      }, REOPEN_MS);
    },
  );
}

/** Resolves when nothing is left, or at the deadline of `performance.now()`. */
async function emptied(waiting: ReadonlySet<Promise<void>>, deadline: number): Promise<void> {
  const late = new AbortController();
  const patience = delay(Math.max(0, deadline - performance.now()), 'late', { signal: late.signal }).catch(
    () => 'late',
  );
  await Promise.race([Promise.all(waiting), patience]);
  late.abort();
}
