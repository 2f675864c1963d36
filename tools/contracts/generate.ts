import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generatedFiles } from './files.ts';

const root = process.cwd();
const check = process.argv.includes('--check');

/** Writes what is generated from the contracts, or with `--check` says which files are not as they would be written. */
async function main(): Promise<void> {
  const files = await generatedFiles();
  const drifted: string[] = [];
  for (const [path, content] of files) {
    const current = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (current === content) continue;
    drifted.push(path);
    if (check) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  if (drifted.length === 0) console.log(`${files.size} generated files are up to date`);
  else
    console.log(`${check ? 'not up to date' : 'written'}:\n${drifted.map((path) => `  ${path}`).join('\n')}`);
  if (check && drifted.length > 0) {
    console.error('run `npm run contracts:generate` and commit what it writes');
    process.exitCode = 1;
  }
}

await main();
