/** `npm run chaos:kill`: kills processes under load, and proves that nothing acknowledged was lost or doubled. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiKeyId } from '#security/api-key';
import { openPlace } from '#tools/projections/open';
import { secretsOf } from '#tools/projections/place';
import { verifyAll } from '#tools/projections/verify';
import { LogFile } from '#tools/start/log-file';
import { startSystem, type RunningSystem, type SystemEvent } from '#tools/start/system';
import { FormbusClient } from '../client/client.ts';
import { complaintForm, COMPLAINTS, ensurePublished } from '../demo/form.ts';
import { runCommand } from './command.ts';
import { audit, readSubmissions, type Audit } from './audit.ts';
import { validComplaints, type Complaint } from './complaints.ts';
import { Ingest } from './ingest.ts';
import { Ledger } from './ledger.ts';
import { parseOptions, USAGE, type KillOptions } from './options.ts';
import { seeded } from './random.ts';
import { Recoveries } from './recovery.ts';
import { repeatSome } from './repeats.ts';
import { isSound, jsonReport, textReport, type Findings } from './report.ts';
import { killRounds, type Round } from './rounds.ts';

/** What BOOTSTRAP_WORKSPACE says unless it is set. */
const WORKSPACE = 'default';

/** Retries of the calls that prepare and conclude. */
const PATIENCE_MS = 60_000;

/** The whole run ends by itself: so much for start and conclusion, and so much for each round. */
const OVERHEAD_MS = 600_000;
const ROUND_MS = 30_000;

interface Run {
  readonly system: RunningSystem;
  readonly options: KillOptions;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

async function chaos({ system, options, signal, say }: Run): Promise<Findings> {
  const started = performance.now();
  const run = `chaos-${options.seed}`;
  const definition = await complaintForm();
  const complaints = await validComplaints(definition);
  const ledger = new Ledger();
  const { url, apiKey } = system;
  const patient = new FormbusClient({ url, apiKey, connections: 8, retryForMs: PATIENCE_MS, signal });
  const prober = new FormbusClient({ url, apiKey, connections: 16, timeoutMs: 5_000 });
  try {
    await ensurePublished(patient, COMPLAINTS, definition);
    const { rounds, ingest } = await underLoad(
      { system, options, signal, say },
      complaints,
      ledger,
      prober,
      run,
    );
    say(`\nEvery process was killed and has recovered; ${ingest.sent} submissions were sent. Checking`);
    const repeats = await repeatSome(patient, ledger, complaints);
    const { body } = await patient.listSubmissions(COMPLAINTS, {
      limit: 1,
      count: true,
      minPosition: last(ledger),
    });
    const found = await auditLog(system, ledger, complaints);
    const verifications = await verifyAll(
      { ...system, ...(await secretsOf(system.data.root)) },
      undefined,
      signal,
    );
    const seconds = (performance.now() - started) / 1000;
    return { rounds, ledger, audit: found, verifications, listed: body.total ?? 0, repeats, seconds };
  } finally {
    await Promise.all([patient.close(), prober.close()]);
  }
}

async function underLoad(
  { system, options, signal, say }: Run,
  complaints: readonly Complaint[],
  ledger: Ledger,
  prober: FormbusClient,
  run: string,
): Promise<{ rounds: Round[]; ingest: Ingest }> {
  const [first] = complaints;
  if (!first) throw new Error('no complaint satisfies the form');
  const { url, apiKey } = system;
  const ingest = new Ingest({
    url,
    apiKey,
    connections: options.connections,
    complaints,
    ledger,
    run,
    signal,
  });
  const recoveries = new Recoveries(system, prober, ledger, first, run);
  const onRound = (
    { kind, pid, acknowledged, acceptingMs, servingMs, wholeMs }: Round,
    number: number,
  ): void => {
    const what = `${kind} (${pid})`.padEnd(22);
    say(
      `round ${String(number).padStart(3)}/${options.rounds}  SIGKILL ${what} after ${acknowledged} acknowledged; after so many ms ` +
        `accepting ${Math.round(acceptingMs)}, serving ${Math.round(servingMs)}, whole ${Math.round(wholeMs)}`,
    );
  };
  try {
    const random = seeded(options.seed);
    const rounds = await killRounds({
      system,
      ingest,
      ledger,
      recoveries,
      ...options,
      random,
      signal,
      onRound,
    });
    return { rounds, ingest };
  } finally {
    await ingest.stop();
  }
}

async function auditLog(
  system: RunningSystem,
  ledger: Ledger,
  complaints: readonly Complaint[],
): Promise<Audit> {
  const opened = await openPlace({ ...system, ...(await secretsOf(system.data.root)) });
  try {
    const actor = `key:${apiKeyId(system.apiKey) ?? ''}`;
    return audit(await readSubmissions(opened.log), ledger, complaints, {
      workspace: WORKSPACE,
      actor,
      form: COMPLAINTS,
    });
  } finally {
    await opened.close();
  }
}

/** The position of the submission that was acknowledged furthest in the log. */
function last(ledger: Ledger): string | undefined {
  const sequence = (position: string): number => Number(position.slice(position.lastIndexOf('.') + 1));
  let furthest: string | undefined;
  for (const { acknowledged } of ledger.entries) {
    const { position } = acknowledged ?? {};
    if (position === undefined) continue;
    if (furthest === undefined || sequence(position) > sequence(furthest)) furthest = position;
  }
  return furthest;
}

/** Gives the exit code. */
async function main(options: KillOptions, stopping: AbortSignal): Promise<number> {
  const say = (text: string): void =>
    void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(OVERHEAD_MS + options.rounds * ROUND_MS)]);
  const dataDir = await mkdtemp(join(tmpdir(), 'formbus-chaos-'));
  say(`Seed ${options.seed}. Starting a system in ${dataDir}`);
  let sound = false;
  const log = new LogFile(join(dataDir, 'chaos.log'));
  const onEvent = (event: SystemEvent): void => {
    const text = event.kind === 'line' ? event.line : JSON.stringify({ ...event, lastLines: undefined });
    log.write(`${new Date().toISOString()} ${'name' in event ? event.name : 'system'} ${text}`);
  };
  const system = await startSystem({ dataDir, signal, env: { LOG_LEVEL: 'info' }, onEvent });
  try {
    const findings = await chaos({ system, options, signal, say });
    sound = isSound(findings);
    say(textReport(findings));
    if (options.json) process.stdout.write(`${jsonReport(findings, options)}\n`);
    return sound ? 0 : 1;
  } finally {
    await system.stop();
    await log.close();
    if (sound && !options.keep) await rm(dataDir, { recursive: true, force: true });
    else say(`The data, and chaos.log, are left in ${dataDir}`);
  }
}

await runCommand({ parse: parseOptions, usage: USAGE, run: main });
