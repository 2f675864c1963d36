import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ProcessGuard } from '../process/guard.ts';
import { accepts, type Endpoint } from '../process/ports.ts';
import { eventually } from './eventually.ts';

export interface ChildSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it answers when it is up. */
  readonly endpoint: Endpoint;
}

/** A component under test: started, killed and started again by a spec. Dies with the process that started it. */
export class ComponentProcess {
  readonly #spec: ChildSpec;
  readonly #guard = new ProcessGuard(1);
  #child: ChildProcess | undefined;
  #output = '';

  constructor(spec: ChildSpec) {
    this.#spec = spec;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const child = spawn(this.#spec.command, [...this.#spec.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    await once(child, 'spawn');
    if (child.pid !== undefined) this.#guard.watch(child.pid);
    await eventually(
      async () => {
        if (!this.#isRunning()) return;
        await accepts(this.#spec.endpoint);
      },
      { timeoutMs: 30_000 },
    );
    if (!this.#isRunning()) throw new Error(`${this.#spec.command} ended at start:\n${this.#output}`);
  }

  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    this.#guard.close();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || !this.#isRunning()) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    if (child.pid !== undefined) this.#guard.forget(child.pid);
  }

  #isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }
}
