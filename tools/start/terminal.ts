import { join } from 'node:path';
import type { Colors } from 'picocolors/types.js';
import type { ProcessEvent } from '../process/supervised.ts';
import { LogFile } from './log-file.ts';
import { renderLogLine } from './log-line.ts';
import type { SystemEvent } from './system.ts';

/** From so many crashes in a row on, a process is said to fail rather than to have ended. */
const FAILING = 5;
const PREFIX_WIDTH = 8;

export interface TerminalOptions {
  readonly colors: Colors;
  readonly write: (text: string) => void;
  readonly logs: string;
}

/** Tells a person at a terminal what happens: one line a step, one a log line of interest. Whole logs go to files. */
export class Terminal {
  readonly #options: TerminalOptions;
  readonly #files = new Map<string, LogFile>();
  readonly #wereReady = new Set<string>();
  /** What has ended and is not ready again: it has said why, and says it at every try. */
  readonly #muted = new Set<string>();

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  say(text: string): void {
    this.#options.write(`${text}\n`);
  }

  done(text: string): void {
    this.say(`  ${this.#options.colors.green('✓')} ${text}`);
  }

  warn(text: string): void {
    this.say(`  ${this.#options.colors.yellow('!')} ${text}`);
  }

  fail(text: string): void {
    this.say(`  ${this.#options.colors.red('✗')} ${text}`);
  }

  onEvent(event: SystemEvent): void {
    switch (event.kind) {
      case 'progress':
        return this.say(`    ${event.text} …`);
      case 'found':
        return this.done(foundText(event.component));
      case 'started':
        return;
      case 'ready':
        return this.#onReady(event.name, event.afterMs);
      case 'line':
        return this.#onLine(event.name, event.line);
      case 'crashed':
        return this.#onCrash(event);
      case 'gaveUp':
        return this.fail(`${event.name} can't run with this configuration (${event.exit})`);
      case 'stopped':
        return event.killed
          ? this.warn(`${event.name} did not stop in time and was killed`)
          : this.done(`${event.name} stopped`);
    }
  }

  /** A line that another process printed, under its name. */
  line(name: string, text: string): void {
    this.say(
      `${this.#options.colors.cyan(name.padEnd(PREFIX_WIDTH))}${this.#options.colors.dim('│')} ${text}`,
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  #onReady(name: string, afterMs: number): void {
    const again = this.#wereReady.has(name) ? ' again' : '';
    this.#wereReady.add(name);
    this.#muted.delete(name);
    this.done(`${name} is ready${again} ${this.#options.colors.dim(`after ${seconds(afterMs)}`)}`);
  }

  #onLine(name: string, line: string): void {
    let file = this.#files.get(name);
    if (!file) this.#files.set(name, (file = new LogFile(join(this.#options.logs, `${name}.log`))));
    file.write(line);
    if (this.#muted.has(name)) return;
    const text = isBackend(name) ? renderBackendLine(line) : renderLogLine(line, this.#options.colors);
    if (text !== undefined) this.line(name, text);
  }

  #onCrash({
    name,
    exit,
    crashes,
    restartInMs,
    lastLines,
  }: Extract<ProcessEvent, { kind: 'crashed' }>): void {
    this.#muted.add(name);
    if (crashes < FAILING)
      return this.warn(`${name} ended (${exit}); starting it again in ${seconds(restartInMs)}`);
    this.fail(
      `${name} has ended ${crashes} times in a row (${exit}); trying again in ${seconds(restartInMs)}. Its log: ${join(this.#options.logs, `${name}.log`)}`,
    );
    if (crashes === FAILING)
      for (const line of lastLines) this.line(name, renderLogLine(line, this.#options.colors) ?? line);
  }
}

function isBackend(name: string): boolean {
  return name === 'nats' || name === 'mongo';
}

/** Of what nats-server and MongoDB print, only what went wrong. */
function renderBackendLine(line: string): string | undefined {
  return /\[(WRN|ERR|FTL)\]|"s":"[EF]"/.test(line) ? line : undefined;
}

function foundText(component: Extract<SystemEvent, { kind: 'found' }>['component']): string {
  switch (component.kind) {
    case 'external':
      return 'uri' in component ? 'MongoDB at MONGODB_URI' : `NATS ${component.version} at NATS_URL`;
    case 'binary':
      return `nats-server ${component.version} (${component.path})`;
    case 'mongod':
      return `MongoDB ${component.version} (${component.path})`;
    case 'embedded':
      return `MongoDB, embedded engine${component.loader ? ' (with a newer C library of its own)' : ''}`;
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
