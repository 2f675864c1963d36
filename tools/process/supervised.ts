import type { ChildProcess } from 'node:child_process';

/** A process to keep running. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Throws until the process does its work; asked again and again. */
  readonly probe: () => Promise<void>;
  /** Milliseconds from SIGTERM to SIGKILL. */
  readonly graceMs?: number;
  /** The exit code after which it is not started again, since that would not help. */
  readonly finalExitCode?: number;
}

/** What a supervisor has to say. `line` is one line of a process's output. */
export type ProcessEvent = { readonly name: string } & (
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'ready'; readonly afterMs: number }
  | { readonly kind: 'line'; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  | {
      readonly kind: 'crashed';
      readonly exit: string;
      readonly crashes: number;
      readonly restartInMs: number;
      readonly lastLines: readonly string[];
    }
  | { readonly kind: 'gaveUp'; readonly exit: string }
  | { readonly kind: 'stopped'; readonly exit: string; readonly killed: boolean }
);

/** A process that ended in a way that a restart does not mend. */
export class GaveUp extends Error {
  override readonly name = 'GaveUp';
}

/** One life of a process, from spawn to exit. */
export interface Life {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<string>;
}
