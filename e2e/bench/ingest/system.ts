import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSystem, type RunningSystem } from '#tools/start/system';
import { FormbusClient } from '../../client/client.ts';
import { ProblemAnswer } from '../../client/problem-answer.ts';
import type { BenchOptions } from '../bench.ts';
import type { Closing } from '../closing.ts';
import type { Complaints } from '../complaints.ts';
import type { Target } from '../load/load.ts';
import { treeOf } from '../processes.ts';

export const FORM = 'consumer-complaint';
const LISTEN_HOST = '127.0.0.1';

/** The whole of Formbus, with the complaint form published. */
export interface BenchSystem {
  readonly running: RunningSystem;
  readonly target: Target;
  /** Versions of what was started beside the services. */
  readonly components: Readonly<Record<string, string>>;
  /** Seconds until the read model has everything that was accepted up to now. */
  settle(): Promise<number>;
  /** What runs now, by name. */
  processes(): Readonly<Record<string, number>>;
  /** The name of the service that a process belongs to. */
  owners(): Promise<Map<number, string>>;
}

/** @param env - what every service is told beside what it needs */
export async function startBenchSystem(
  steps: Closing,
  { definition, answers }: Complaints,
  { signal, profile }: BenchOptions,
  env: NodeJS.ProcessEnv = {},
): Promise<BenchSystem> {
  const components: Record<string, string> = {};
  const running = steps.later(
    await startSystem({
      dataDir: join(await steps.folder(), 'data'),
      signal,
      env: {
        ...env,
        ...(profile !== undefined && {
          NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${JSON.stringify(profile)}`,
        }),
      },
      onEvent: (event) => {
        if (event.kind === 'found') Object.assign(components, versionOf(event.component));
        if (event.kind === 'crashed')
          process.stderr.write(`${event.name} ended (${event.exit}):\n${event.lastLines.join('\n')}\n`);
      },
    }),
    (system) => system.stop(),
  );
  const client = steps.later(new FormbusClient({ url: running.url, apiKey: running.apiKey }), (open) =>
    open.close(),
  );
  await client.createForm(FORM, definition, 'bench-create');
  await client.publishForm(FORM, 'for the benchmark', 'bench-publish');
  const bodies = answers.map((each) => JSON.stringify({ answers: each }));
  const target = {
    host: LISTEN_HOST,
    port: Number(new URL(running.url).port),
    path: `/v1/forms/${FORM}/submissions`,
    apiKey: running.apiKey,
    bodies,
  };
  let probes = 0;
  return {
    running,
    target,
    components,
    async settle() {
      const began = performance.now();
      const { position } = await client.submit(FORM, answers[0] ?? {}, {
        idempotencyKey: `bench-probe-${probes++}`,
      });
      await visible(client, position, signal);
      return (performance.now() - began) / 1000;
    },
    processes: () => Object.fromEntries(running.processes.map(({ name, pid }) => [name, pid])),
    async owners() {
      const trees = running.processes.map(async ({ name, pid }) => ({ name, pids: await treeOf(pid) }));
      return new Map(
        (await Promise.all(trees)).flatMap(({ name, pids }) => pids.map((pid) => [pid, name] as const)),
      );
    },
  };
}

/** Waits for as long as it takes: how far the read model is behind is part of what is measured. */
async function visible(client: FormbusClient, position: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await client.listSubmissions(FORM, { limit: 1, minPosition: position });
      return;
    } catch (error) {
      if (!(error instanceof ProblemAnswer) || error.status !== 503) throw error;
      await delay(50, undefined, { signal });
    }
  }
}

function versionOf(component: { readonly kind: string; readonly version?: string }): Record<string, string> {
  const name = component.kind === 'binary' ? 'natsServer' : 'mongodb';
  return { [name]: `${component.version ?? 'unknown'} (${component.kind})` };
}
