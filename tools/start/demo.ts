import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachLine } from '../process/lines.ts';
import { packageRoot } from './services.ts';
import type { RunningSystem } from './system.ts';

/** Sets up the demo form once per data folder. Rejects, and leaves it for the next start, when that fails. */
export async function seedDemo(
  system: RunningSystem,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (existsSync(system.data.demoMark)) return;
  const root = packageRoot();
  const args = [
    join('dist', 'e2e', 'demo', 'main.js'),
    '--seed',
    '--url',
    system.url,
    '--key-file',
    system.data.apiKeyFile,
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], signal });
  for (const stream of [child.stdout, child.stderr]) eachLine(stream, onLine);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`it ended with exit code ${String(code)}`)),
    );
  });
  writeFileSync(system.data.demoMark, '');
}
