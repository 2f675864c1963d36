import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongoCommand } from '../components/mongodb-command.ts';
import { resolveLocalMongo } from '../components/mongodb.ts';
import { ambientContext } from '../components/route.ts';
import { freePort } from '../process/ports.ts';
import { ComponentProcess } from './child.ts';

/** An empty database in the one engine of this test run. */
export function testDatabase(): { uri: string; name: string } {
  const uri = process.env.FORMBUS_TEST_MONGODB_URI;
  if (uri === undefined)
    throw new Error('FORMBUS_TEST_MONGODB_URI is not set: specs that need MongoDB are named *.int.spec.ts');
  return { uri, name: `test_${randomBytes(6).toString('hex')}` };
}

export interface TestMongo {
  readonly uri: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** On the same address and data; kills it first if it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** An engine of a spec's own, for specs that kill it. */
export async function startTestMongo(): Promise<TestMongo> {
  const directory = await mkdtemp(join(tmpdir(), 'formbus-mongo-'));
  const mongo = await resolveLocalMongo(ambientContext());
  const { command, args, uri, endpoint } = await mongoCommand(mongo, join(directory, 'data'), freePort);
  const engine = new ComponentProcess({ command, args, endpoint });
  await engine.start();
  return {
    uri,
    kill: () => engine.kill(),
    restart: () => engine.restart(),
    async stop() {
      await engine.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
