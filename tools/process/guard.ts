import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Ends the process groups that it was told of when its standard input closes, which the kernel does even when the
 * owner is killed by SIGKILL: TERM first, KILL after the grace period. A shell, since it must cost next to nothing.
 */
const SCRIPT = `
groups=
while read -r sign group; do
  case $sign in
    +) groups="$groups $group" ;;
    -) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
  esac
done
for g in $groups; do kill -TERM -$g 2>/dev/null; done
tenths=0
while [ $tenths -lt $(($1 * 10)) ]; do
  alive=
  for g in $groups; do kill -0 -$g 2>/dev/null && alive=1; done
  [ -z "$alive" ] && exit 0
  sleep 0.1
  tenths=$((tenths + 1))
done
for g in $groups; do kill -KILL -$g 2>/dev/null; done
exit 0
`;

/** Outlives its owner for as long as it takes to end what the owner left behind. Linux and macOS. */
export class ProcessGuard {
  readonly #shell: ChildProcess;

  /** `graceSeconds`: between TERM and KILL. */
  constructor(graceSeconds = 10) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'formbus-guard', String(graceSeconds)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // A guard that is gone guards nothing, but what it guards runs on; a write to it must not end the owner.
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
  }

  get pid(): number | undefined {
    return this.#shell.pid;
  }

  /** The process group `leader` is ended with the owner from now on. */
  watch(leader: number): void {
    this.#shell.stdin?.write(`+ ${leader}\n`);
  }

  /** `leader` has ended: its number may be another's by now. */
  forget(leader: number): void {
    this.#shell.stdin?.write(`- ${leader}\n`);
  }

  /** Ends the guard, and whatever it still watches. */
  close(): void {
    this.#shell.stdin?.end();
  }
}
