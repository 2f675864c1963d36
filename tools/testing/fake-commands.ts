import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolveContext } from '../components/route.ts';

/** A machine of a spec's own: an empty home, and only the commands that it puts there. */
export interface FakeMachine extends ResolveContext {
  readonly home: string;
  readonly said: readonly string[];
  /** Puts a shell script on PATH. */
  command(name: string, script: string): Promise<string>;
  remove(): Promise<void>;
}

/** `tools`: whether the system's own commands (tar, python3, apt-get ...) can be found, after the fakes. */
export async function fakeMachine({ tools = false } = {}): Promise<FakeMachine> {
  const home = await mkdtemp(join(tmpdir(), 'formbus-machine-'));
  const bin = join(home, 'bin');
  await mkdir(bin);
  const said: string[] = [];
  return {
    home,
    said,
    env: { HOME: home, PATH: tools ? `${bin}:/usr/bin:/bin` : bin },
    progress: (text) => said.push(text),
    async command(name, script) {
      const path = join(bin, name);
      await writeFile(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
      await chmod(path, 0o755);
      return path;
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
