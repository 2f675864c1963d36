import { issueApiKey } from '#security/api-key';
import { startCrud } from '../baseline/crud.ts';
import type { BenchOptions } from '../bench.ts';
import type { Closing } from '../closing.ts';
import type { Complaints } from '../complaints.ts';
import type { LoadGenerator } from '../load/generator.ts';
import { perSecond, type Target } from '../load/load.ts';
import { cpuSecondsOf } from '../processes.ts';
import { FORM, type BenchSystem } from './system.ts';

/** One of those that are measured in turn. */
export interface Contender {
  readonly name: 'ours' | 'crud' | 'bareCrud';
  readonly target: Target;
  /** What works for it, by name, each with all below it. */
  readonly processes: () => Readonly<Record<string, number>>;
}

/** CPU seconds up to now of everything that works for a contender. */
export async function cpuOf({ processes }: Contender): Promise<Record<string, number>> {
  const taken = Object.entries(processes()).map(
    async ([name, pid]) => [name, await cpuSecondsOf(pid)] as const,
  );
  return Object.fromEntries(await Promise.all(taken));
}

export interface CrudChoice {
  readonly contender: Contender;
  /** Submissions a second at a first try, by number of worker processes. */
  readonly tried: Readonly<Record<number, number>>;
}

const WORKERS = [1, 2];
const CONNECTIONS = 128;

/** Starts a CRUD app with one and with two worker processes, and keeps the one that is faster on this machine. */
export async function fastestCrud(
  name: 'crud' | 'bareCrud',
  context: {
    readonly system: BenchSystem;
    readonly complaints: Complaints;
    readonly generator: LoadGenerator;
    readonly steps: Closing;
    readonly options: BenchOptions;
    readonly tryoutSeconds: number;
  },
): Promise<CrudChoice> {
  const { system, complaints, generator, steps, options, tryoutSeconds } = context;
  const tried: Record<number, number> = {};
  const running: { workers: number; contender: Contender; rate: number; stop: () => Promise<void> }[] = [];
  for (const workers of WORKERS) {
    options.signal.throwIfAborted();
    const { key, id, hash } = issueApiKey();
    const app = await startCrud({
      uri: system.running.mongoUri,
      database: `${name}${workers}`,
      form: { id: FORM, definition: complaints.definition },
      promises: name === 'crud' ? 'same' : 'bare',
      workers,
      key: { _id: id, hash, workspace: 'default' },
    });
    steps.later(app, ({ stop }) => stop());
    const contender: Contender = {
      name,
      target: { ...system.target, port: app.port, apiKey: key },
      processes: () => ({ [name]: app.pid, mongo: system.processes().mongo ?? 0, generator: generator.pid }),
    };
    const load = {
      kind: 'closed',
      connections: CONNECTIONS,
      seconds: tryoutSeconds,
      warmUpSeconds: tryoutSeconds,
    } as const;
    const rate = perSecond(await generator.run(contender.target, load));
    tried[workers] = Math.round(rate);
    running.push({ workers, contender, rate, stop: app.stop });
    options.say(`${name} with ${workers} worker process(es): ${Math.round(rate)}/s at a first try`);
  }
  const [best, ...others] = running.sort((a, b) => b.rate - a.rate);
  if (!best) throw new Error('no CRUD app was started');
  for (const { stop } of others) await stop();
  return { contender: best.contender, tried };
}
