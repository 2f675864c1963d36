import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { announceRunning, findRunning, withdrawRunning } from './running.ts';
import { UserError } from './user-error.ts';

const addresses = { url: 'http://localhost:1', natsUrl: 'nats://127.0.0.1:2', mongoUri: 'mongodb://x' };

describe('a running system', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'formbus-running-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('is found by its data folder while it runs', async () => {
    expect(await findRunning(root)).toBeUndefined();
    await announceRunning(root, addresses);
    expect(await findRunning(root)).toEqual(addresses);
    await withdrawRunning(root);
    expect(await findRunning(root)).toBeUndefined();
  });

  it('is not found when the process that announced it is gone, even if its number is used again', async () => {
    await announceRunning(root, addresses);
    const file = join(root, 'running.json');
    const announced = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...announced, identity: 'another time' }));
    expect(await findRunning(root)).toBeUndefined();
  });

  it('is not found where there is no folder, or half an announcement', async () => {
    await writeFile(join(root, 'file'), '');
    expect(await findRunning(join(root, 'file'))).toBeUndefined();
    await writeFile(join(root, 'running.json'), '{ "pid":');
    expect(await findRunning(root)).toBeUndefined();
  });

  it('can not be looked for where the announcement can not be read', async () => {
    await mkdir(join(root, 'running.json'));
    await expect(findRunning(root)).rejects.toThrow(UserError);
  });
});
