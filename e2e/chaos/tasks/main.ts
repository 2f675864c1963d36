/** `npm run chaos:tasks`: kills workers and nats-server under tasks, and proves that each had its effect once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { connectBus, type Bus } from '#eventing/bus';
import { openTasks } from '#eventing/task/open';
import { ensureTopology } from '#eventing/topology';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { tasksLeft } from '../../tasks-left.ts';
import { runCommand } from '../command.ts';
import { seeded } from '../random.ts';
import { audit, courseOf } from './audit.ts';
import { Crew } from './crew.ts';
import { Enqueueing } from './enqueueing.ts';
import { whatHappened } from './found.ts';
import { readJournals } from './journal.ts';
import { plan, type Planned } from './kinds.ts';
import { parseOptions, USAGE, type TaskChaosOptions } from './options.ts';
import { isSound, jsonReport, textReport, type Findings } from './report.ts';

/** Each kill is of a worker but for every so manieth. */
const NATS_EVERY = 8;
/** Every other time nats-server stays away for longer than commands wait for it. */
const OUTAGE_MS = 7_000;
/** The whole run ends by itself: so much for start and end, and so much for a task and for a kill. */
const OVERHEAD_MS = 300_000;
const TASK_MS = 15;
const KILL_MS = 10_000;
const LOOK_MS = 100;

interface Run {
  readonly nats: TestNats;
  readonly bus: Bus;
  readonly folder: string;
  readonly options: TaskChaosOptions;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

async function chaos(run: Run): Promise<Findings> {
  const { nats, bus, folder, options, signal, say } = run;
  const random = seeded(options.seed);
  const planned = plan(options.tasks, random);
  const began = performance.now();
  await ensureTopology(bus);
  const crew = new Crew({ servers: nats.url, folder, size: options.workers });
  let kills: Findings['kills'];
  try {
    kills = await underFire(run, crew, planned, random);
    say('Everything is enqueued and every kill is done; waiting for the tasks that are left');
    await untilDone(bus, signal);
  } finally {
    await crew.stop();
  }
  const entries = readJournals(folder);
  return {
    audit: audit(planned, await whatHappened(bus)),
    course: courseOf(entries, crew.deaths),
    kills,
    endedByTasks: crew.deaths.length - kills.worker,
    seconds: (performance.now() - began) / 1000,
  };
}

/** Enqueues in bursts, and kills somebody in each, at a moment that chance decides. */
async function underFire(
  { nats, bus, options, signal, say }: Run,
  crew: Crew,
  planned: readonly Planned[],
  random: () => number,
): Promise<Findings['kills']> {
  const enqueueing = new Enqueueing(openTasks(bus, { source: '/formbus/chaos' }).queue, signal);
  const kills = { worker: 0, nats: 0 };
  const burst = Math.ceil(planned.length / Math.max(1, options.kills));
  for (let from = 0, round = 1; from < planned.length; from += burst, round++) {
    // Somebody must be there to take over: how long that takes is what is measured.
    await crew.manned(options.workers - 1, signal);
    const tasks = planned.slice(from, from + burst);
    const strikeAt = from + Math.floor(tasks.length * random());
    const sent = enqueueing.enqueue(tasks);
    sent.catch(() => undefined); // thrown below
    if (options.kills > 0) {
      while (enqueueing.stored < strikeAt) await delay(1, undefined, { signal });
      const what = round % NATS_EVERY === 0 ? 'nats' : 'worker';
      if (what === 'nats') await strike(nats, kills.nats % 2 === 0 ? OUTAGE_MS : 0, signal);
      else while (!crew.kill(random)) await delay(LOOK_MS, undefined, { signal });
      kills[what]++;
      say(
        `${String(round).padStart(3)}/${options.kills}  SIGKILL of ${what} after ${enqueueing.stored} tasks`,
      );
    }
    await sent;
  }
  return kills;
}

/** SIGKILL, and after a while it is there again. */
async function strike(nats: TestNats, awayMs: number, signal: AbortSignal): Promise<void> {
  await nats.kill();
  await delay(awayMs, undefined, { signal });
  await nats.restart();
}

/** @throws when the time is over */
async function untilDone(bus: Bus, signal: AbortSignal): Promise<void> {
  let left = Infinity;
  while (left > 0) {
    await delay(LOOK_MS, undefined, { signal });
    left = await tasksLeft(bus).catch(() => left); // the server was killed a moment ago
  }
}

/** Gives the exit code. */
async function main(options: TaskChaosOptions, stopping: AbortSignal): Promise<number> {
  const say = (text: string): void =>
    void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  const patience = AbortSignal.timeout(OVERHEAD_MS + options.tasks * TASK_MS + options.kills * KILL_MS);
  const signal = AbortSignal.any([stopping, patience]);
  const folder = await mkdtemp(join(tmpdir(), 'formbus-chaos-tasks-'));
  say(`Seed ${options.seed}. Journals and logs are written to ${folder}`);
  let sound = false;
  const nats = await startTestNats();
  try {
    const logger = pino({ level: 'info' }, pino.destination({ dest: join(folder, 'chaos.log'), sync: true }));
    const bus = await connectBus({ servers: nats.url, name: 'chaos', logger, signal });
    try {
      const findings = await chaos({ nats, bus, folder, options, signal, say });
      sound = isSound(findings);
      say(textReport(findings, options));
      if (options.json) process.stdout.write(`${jsonReport(findings, options)}\n`);
      return sound ? 0 : 1;
    } finally {
      await bus.close();
    }
  } finally {
    await nats.stop();
    if (sound && !options.keep) await rm(folder, { recursive: true, force: true });
    else say(`Journals and logs are left in ${folder}`);
  }
}

await runCommand({ parse: parseOptions, usage: USAGE, run: main });
