/** What one check found. `degraded` is still ready, but not as it should be (one of two workers, a stale read model). */
export interface Check {
  readonly ok: boolean;
  readonly degraded?: boolean;
  readonly detail?: string;
}

export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly checks: Readonly<Record<string, Check>>;
}

/** Whatever can say how it is: a {@link Readiness}, or the pool of a cluster's workers. */
export interface Health {
  report(): Promise<HealthReport>;
}

/** How long a check may take until it counts as failed. */
const CHECK_TIMEOUT_MS = 1_000;

/** The named checks of one process. Used twice: for readiness ("send me requests") and for liveness ("let me live"). */
export class Readiness implements Health {
  readonly #checks = new Map<string, () => Check | Promise<Check>>();

  /** @returns takes the check away */
  add(name: string, check: () => Check | Promise<Check>): () => void {
    if (this.#checks.has(name)) throw new Error(`there is a check named ${name} already`);
    this.#checks.set(name, check);
    return () => void this.#checks.delete(name);
  }

  /** Runs every check side by side. One that throws or takes longer than a second has failed; this never throws. */
  async report(): Promise<HealthReport> {
    const entries = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await outcome(check)] as const),
    );
    return { status: statusOf(entries.map(([, check]) => check)), checks: Object.fromEntries(entries) };
  }
}

export function statusOf(checks: readonly Check[]): HealthReport['status'] {
  if (checks.some((check) => !check.ok)) return 'failed';
  return checks.some((check) => check.degraded === true) ? 'degraded' : 'ok';
}

async function outcome(check: () => Check | Promise<Check>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      (async () => check())(),
      new Promise<Check>((resolve) => {
        timer = setTimeout(() => {
          resolve({ ok: false, detail: `no answer in ${CHECK_TIMEOUT_MS} ms` });
        }, CHECK_TIMEOUT_MS);
      }),
    ]);
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
