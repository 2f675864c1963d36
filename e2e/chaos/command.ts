import { ComponentUnavailable } from '#tools/components/route';
import { UsageError, UserError } from '#tools/start/user-error';

export interface ChaosCommand<Options> {
  /** Undefined when help was asked for. @throws UsageError */
  readonly parse: (args: readonly string[]) => Options | undefined;
  readonly usage: string;
  /** Gives the exit code; ends early when the signal aborts. */
  readonly run: (options: Options, stopping: AbortSignal) => Promise<number>;
}

/** This process as a command: its arguments, its end by a signal, its errors in words, its exit code. */
export async function runCommand<Options>({ parse, usage, run }: ChaosCommand<Options>): Promise<void> {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stopping.abort());
  try {
    const options = parse(process.argv.slice(2));
    if (options) process.exitCode = await run(options, stopping.signal);
    else process.stdout.write(`${usage}\n`);
  } catch (error) {
    const plain = error instanceof UserError || error instanceof ComponentUnavailable;
    const text = error instanceof Error ? (plain ? error.message : error.stack) : String(error);
    process.stderr.write(stopping.signal.aborted ? 'Stopped\n' : `${text ?? ''}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
