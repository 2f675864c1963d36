import { CommanderError } from 'commander';
import { dataFolders } from '../projections/place.ts';
import { EXIT, exitCodeOf, explain, type ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';
import { chooseVia, findPlaces } from './places.ts';
import { createProgram } from './program.ts';
import { Session } from './session.ts';

/** Performs one command line, and gives what the process is to end with. Never rejects. */
export async function runCommandLine(
  args: readonly string[],
  io: Io,
  folders: readonly string[] = Object.values(dataFolders()),
): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = createProgram(io, async (spec, options, input) => {
    const places = spec.talksTo.length === 0 ? {} : await findPlaces(options, io.env, folders);
    const via = chooseVia(spec.talksTo, options, places);
    const looked = options.data === undefined ? folders : [options.data];
    const session = new Session({ io, options, places, via, folders: looked, program });
    try {
      code = (await spec.run(session, input as never)) ?? EXIT.ok;
    } finally {
      await session.close();
    }
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // What is wrong with the command line was said by commander already.
    if (!(error instanceof CommanderError))
      io.note(`formbus: ${io.signal.aborted ? 'stopped' : explain(error)}\n`);
    return exitCodeOf(error);
  }
}
