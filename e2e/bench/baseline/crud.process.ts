/**
 * The CRUD app's processes: a primary that shares one port among its workers, as the gateway does. The primary takes
 * one order from its parent, and ends with it; a worker ends with the primary.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import mongoose from 'mongoose';
import type { FormDefinition } from '#contracts/form/definition';
import { compileForm } from '#logic/compile';
import { crudApp } from './crud-app.ts';
import { modelsOf } from './documents.ts';

export interface CrudOrder {
  readonly uri: string;
  readonly database: string;
  readonly form: { readonly id: string; readonly definition: FormDefinition };
  readonly promises: 'same' | 'bare';
  readonly workers: number;
  readonly key: { readonly _id: string; readonly hash: string; readonly workspace: string };
}

export interface CrudAddress {
  readonly port: number;
}

const connect = ({ uri, database }: CrudOrder) =>
  mongoose
    .createConnection(uri, {
      dbName: database,
      retryWrites: false,
      writeConcern: { w: 1, journal: true },
    })
    .asPromise();

/** Prepares the database, and gives the port when all workers listen on it. */
async function runPrimary(order: CrudOrder): Promise<CrudAddress> {
  const connection = await connect(order);
  const models = modelsOf(connection);
  for (const model of Object.values(models)) await model.init();
  await models.Key.create(order.key);
  await connection.close();
  const listening = Array.from({ length: order.workers }, async () => {
    const worker = cluster.fork();
    worker.on('exit', (code) => {
      process.stderr.write(`a worker of the CRUD app ended with ${String(code)}\n`);
      process.exit(1);
    });
    await once(worker, 'online');
    worker.send(order);
    const [{ port }] = (await once(worker, 'listening')) as [AddressInfo];
    return { port };
  });
  const [first] = await Promise.all(listening);
  if (!first) throw new Error('the CRUD app has no worker');
  return first;
}

async function runWorker(order: CrudOrder): Promise<void> {
  const compiled = compileForm(order.form.definition);
  if (!compiled.ok) throw new Error(`the form does not compile: ${JSON.stringify(compiled.errors)}`);
  const form = { id: order.form.id, compiled: compiled.form };
  const app = await crudApp({ connection: await connect(order), form, promises: order.promises });
  await app.listen({ host: '127.0.0.1', port: 0 });
}

if (cluster.isPrimary) process.on('disconnect', () => process.exit(0));
process.once('message', (order: CrudOrder) => {
  const running = cluster.isPrimary
    ? runPrimary(order).then((address) => process.send?.(address))
    : runWorker(order);
  running.catch((error: unknown) => {
    process.stderr.write(`the CRUD app: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    process.exit(1);
  });
});
