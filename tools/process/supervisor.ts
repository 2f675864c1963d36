import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pause } from '#eventing/pause';
import { pauseAfter, type Backoff } from './backoff.ts';
import type { ProcessGuard } from './guard.ts';
import { eachLine } from './lines.ts';
import { GaveUp, type Life, type ProcessEvent, type ProcessSpec } from './supervised.ts';

export interface SupervisorOptions {
  readonly onEvent: (event: ProcessEvent) => void;
  readonly guard?: ProcessGuard;
  readonly backoff?: Backoff;
  /** A process that has been ready for this long has recovered: its next crash is its first. Milliseconds. */
  readonly recoveredAfterMs?: number;
  readonly random?: () => number;
}

type Settings = Required<Omit<SupervisorOptions, 'guard'>> & Pick<SupervisorOptions, 'guard'>;

const BACKOFF: Backoff = { firstMs: 200, longestMs: 15_000 };
const RECOVERED_AFTER_MS = 10_000;
const GRACE_MS = 10_000;
const PROBE_EVERY_MS = 40;
const LAST_LINES = 15;

/**
 * Keeps processes running: restarts what ends on its own, with growing pauses and for ever, until it is told to stop;
 * but not what ends with its final exit code.
 * Every process leads a process group, so that what it leaves behind is ended with it.
 */
export class Supervisor {
  readonly #options: Settings;
  readonly #kept: Kept[] = [];
  readonly #stopping = new AbortController();

  constructor(options: SupervisorOptions) {
    this.#options = {
      backoff: BACKOFF,
      recoveredAfterMs: RECOVERED_AFTER_MS,
      random: Math.random,
      ...options,
    };
  }

  /**
   * Starts `spec` and keeps it running. Resolves when it is ready for the first time; rejects when `signal` aborts,
   * and with `GaveUp` when it ends for good.
   */
  async start(spec: ProcessSpec, signal?: AbortSignal): Promise<void> {
    const kept = new Kept(spec, this.#options, this.#stopping.signal);
    this.#kept.push(kept);
    kept.run();
    await kept.ready(signal);
  }

  /** Resolves when every process is ready; rejects as {@link start} does. */
  async ready(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#kept.map((kept) => kept.ready(signal)));
  }

  /** What runs now, in the order in which it was started. */
  get running(): readonly { readonly name: string; readonly pid: number }[] {
    return this.#kept.flatMap(({ spec, pid }) => (pid === undefined ? [] : [{ name: spec.name, pid }]));
  }

  /** Sends a signal to one process, as an operator or an accident would; it is restarted when it ends. */
  kill(name: string, signal: NodeJS.Signals): void {
    const pid = this.#kept.find((kept) => kept.spec.name === name)?.pid;
    if (pid === undefined) throw new Error(`${name} does not run`);
    process.kill(pid, signal);
  }

  /** Stops everything, the last started first, each with SIGTERM and after its grace with SIGKILL. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const kept of this.#kept.toReversed()) await kept.stop();
  }

  /** Ends everything at once. */
  killAll(): void {
    this.#stopping.abort();
    for (const { pid } of this.#kept) if (pid !== undefined) killGroup(pid);
  }
}

/** One process through all its lives. */
class Kept {
  readonly spec: ProcessSpec;
  readonly #options: Settings;
  readonly #stopping: AbortSignal;
  readonly #lastLines: string[] = [];
  #life: Life | undefined;
  #ready = Promise.withResolvers<void>();
  #isReady = false;
  #over: Promise<void> = Promise.resolve();

  constructor(spec: ProcessSpec, options: Settings, stopping: AbortSignal) {
    this.spec = spec;
    this.#options = options;
    this.#stopping = stopping;
  }

  get pid(): number | undefined {
    return this.#life?.pid;
  }

  run(): void {
    this.#over = this.#keepRunning();
  }

  ready(signal?: AbortSignal): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    if (!signal) return this.#ready.promise;
    signal.throwIfAborted();
    return Promise.race([
      this.#ready.promise,
      once(signal, 'abort').then(() => {
        throw new Error([`${this.spec.name} did not become ready`, ...this.#lastLines].join('\n  '));
      }),
    ]);
  }

  async stop(): Promise<void> {
    const life = this.#life;
    if (life) {
      let killed = false;
      signalTo(life.pid, 'SIGTERM');
      const timer = setTimeout(() => {
        killed = true;
        killGroup(life.pid);
      }, this.spec.graceMs ?? GRACE_MS);
      const exit = await life.exited;
      clearTimeout(timer);
      this.#options.onEvent({ kind: 'stopped', name: this.spec.name, exit, killed });
    }
    await this.#over;
  }

  async #keepRunning(): Promise<void> {
    for (let crashes = 0; !this.#stopping.aborted;) {
      const exit = await this.#live(() => {
        crashes = 0;
      });
      if (this.#stopping.aborted) return;
      const { name, finalExitCode } = this.spec;
      if (finalExitCode !== undefined && exit === exitText(finalExitCode)) {
        this.#options.onEvent({ kind: 'gaveUp', name, exit });
        this.#ready.promise.catch(() => undefined); // whoever waits is told; perhaps nobody does
        this.#ready.reject(new GaveUp(`${name} ended with ${exit}, which a restart does not mend`));
        return;
      }
      crashes += 1;
      const restartInMs = pauseAfter(crashes, this.#options.backoff, this.#options.random);
      this.#options.onEvent({
        kind: 'crashed',
        name: this.spec.name,
        exit,
        crashes,
        restartInMs,
        lastLines: [...this.#lastLines],
      });
      await pause(restartInMs, this.#stopping);
    }
  }

  /** From spawn to exit; gives how it ended. `recovered` is called when it has been ready for long enough. */
  async #live(recovered: () => void): Promise<string> {
    const started = performance.now();
    const { name, command, args, env, cwd } = this.spec;
    const child = spawn(command, [...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(signal ?? exitText(code)));
    });
    const { pid } = child;
    if (pid === undefined) return exited;
    this.#life = { child, pid, exited };
    this.#options.guard?.watch(pid);
    this.#options.onEvent({ kind: 'started', name, pid });
    this.#lastLines.length = 0;
    for (const stream of ['stdout', 'stderr'] as const) {
      eachLine(child[stream], (line) => {
        if (this.#lastLines.push(line) > LAST_LINES) this.#lastLines.shift();
        this.#options.onEvent({ kind: 'line', name, stream, line });
      });
    }
    // The leader's end is the group's: a worker that lives on would hold its ports, and its ends of these pipes.
    child.once('exit', () => {
      this.#life = undefined;
      killGroup(pid);
      this.#options.guard?.forget(pid);
    });
    const gone = new AbortController();
    void exited.then(() => gone.abort());
    void this.#becomeReady(gone.signal, started, recovered);
    const exit = await exited;
    if (this.#isReady) {
      this.#isReady = false;
      this.#ready = Promise.withResolvers();
    }
    return exit;
  }

  async #becomeReady(gone: AbortSignal, started: number, recovered: () => void): Promise<void> {
    while (!gone.aborted) {
      const failed = await this.spec.probe().then(
        () => false,
        () => true,
      );
      if (!failed) break;
      await pause(PROBE_EVERY_MS, gone);
    }
    if (gone.aborted) return;
    this.#isReady = true;
    this.#ready.resolve();
    this.#options.onEvent({ kind: 'ready', name: this.spec.name, afterMs: performance.now() - started });
    if (await pause(this.#options.recoveredAfterMs, gone)) recovered();
  }
}

const exitText = (code: number | null): string => `exit code ${String(code)}`;

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function killGroup(leader: number): void {
  try {
    signalTo(-leader, 'SIGKILL');
  } catch (error) {
    // What macOS says of a group that has only its dead leader left.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}
