import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDataDirectory, readSecret } from '#tools/start/data-directory';
import { announceRunning } from '#tools/start/running';
import { UsageError } from '#tools/start/user-error';
import { COLUMNS } from '../complaints/row.ts';
import { checkFile } from './rows.ts';
import { openTarget } from './target.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'formbus-demo-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the file of a demo', () => {
  const header = Object.keys(COLUMNS).join(',');
  const row = (company: string): string =>
    Object.keys(COLUMNS)
      .map((name) => (name === 'Company' ? company : 'x'))
      .join(',');

  async function check(text: string, encoding: BufferEncoding = 'utf8'): Promise<void> {
    const path = join(folder, 'some.csv');
    await writeFile(path, text, encoding);
    await checkFile(path);
  }

  it('is looked at to its end before anything is submitted', async () => {
    const rows = Array.from({ length: 5000 }, () => row('Ltd'));
    await check([header, ...rows, row('Crédit')].join('\n'));
    const outcome = check([header, ...rows, row('Crédit')].join('\n'), 'latin1');
    await expect(outcome).rejects.toThrow(UsageError);
    await expect(outcome).rejects.toThrow(/some\.csv can't be read: line 5002 is not UTF-8/);
  });

  it.each(['', '\n', '\n\n'])('holds at least one row after its header, not %j', async (rest) => {
    const outcome = check(header + rest);
    await expect(outcome).rejects.toThrow(UsageError);
    await expect(outcome).rejects.toThrow('some.csv holds no complaint, only the header');
    await check(`${header}${rest}\n${row('Ltd')}`);
  });

  it('that is not there is refused', async () => {
    await expect(checkFile(join(folder, 'none.csv'))).rejects.toThrow(/none\.csv can't be read: .*ENOENT/);
  });
});

describe('the system of a demo', () => {
  const open = (fresh: boolean) =>
    openTarget(
      { target: undefined, fresh, signal: new AbortController().signal, say: () => undefined },
      { system: join(folder, 'system'), demo: join(folder, 'demo') },
    );

  it('is the one that runs, whose data is not removed', async () => {
    const { root, apiKeyFile } = await openDataDirectory(join(folder, 'system'));
    const url = 'http://localhost:1';
    await announceRunning(root, { url, natsUrl: 'nats://127.0.0.1:1', mongoUri: 'mongodb://127.0.0.1:1' });
    expect(await open(false)).toMatchObject({ url, folder: root, apiKey: await readSecret(apiKeyFile) });
    await expect(open(true)).rejects.toThrow(UsageError);
    await expect(open(true)).rejects.toThrow(`--fresh: a system runs at ${url}`);
  });
});
