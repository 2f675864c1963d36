import { execFile } from 'node:child_process';

export interface Executed {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecuteOptions {
  /** Milliseconds until the command is killed. */
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs a command to its end. Throws an error of one line when it is missing, fails or takes too long. */
export function execute(
  command: string,
  args: readonly string[],
  options: ExecuteOptions,
): Promise<Executed> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      [...args],
      {
        timeout: options.timeoutMs,
        killSignal: 'SIGKILL',
        env: options.env,
        cwd: options.cwd,
        maxBuffer: 64 << 20,
      },
      (error, stdout, stderr) => {
        if (!error) resolve({ stdout, stderr });
        else if (error.code === 'ENOENT') reject(new Error(`${command} is not installed`, { cause: error }));
        else if (error.killed === true)
          reject(new Error(`${command} took longer than ${options.timeoutMs} ms`, { cause: error }));
        else {
          const reason = lastLine(stderr) ?? lastLine(stdout) ?? `exit code ${String(error.code)}`;
          reject(new Error(`${command} failed: ${reason}`, { cause: error }));
        }
      },
    );
  });
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1)?.trim() || undefined;
}
