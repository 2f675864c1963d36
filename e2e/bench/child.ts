import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';

/** A script of ours in a process of its own, spoken to in messages. It ends when this process does, however that ends. */
export interface Child {
  readonly pid: number;
  /** Sends a message, and resolves with the next one that comes back. Rejects when the process ends instead. */
  ask<Answer>(message: unknown): Promise<Answer>;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

const GRACE_MS = 5000;

/** Starts `<folder>/<name>`, as TypeScript from the sources and as JavaScript from dist/. */
export async function startChild(folder: string, name: string, env: NodeJS.ProcessEnv = {}): Promise<Child> {
  const child = fork(join(folder, `${name}${extname(import.meta.filename)}`), {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
  const exited = once(child, 'exit');
  await once(child, 'spawn');
  return {
    pid: child.pid ?? 0,
    ask<Answer>(message: unknown) {
      return new Promise<Answer>((resolve, reject) => {
        const ended = (): void => reject(new Error(`${name} ended before it answered`));
        child.once('exit', ended);
        child.once('message', (answer) => {
          child.off('exit', ended);
          resolve(answer as Answer);
        });
        child.send(message as object, (error) => {
          if (error) reject(error);
        });
      });
    },
    async stop() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      if (child.exitCode === null && child.signalCode === null) await exited;
      clearTimeout(timer);
    },
  };
}
