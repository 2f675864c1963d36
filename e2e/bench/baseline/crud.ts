import { startChild } from '../child.ts';
import type { CrudAddress, CrudOrder } from './crud.process.ts';

/** A CRUD app that runs. */
export interface RunningCrud {
  readonly port: number;
  /** Of its primary. */
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

export async function startCrud(order: CrudOrder): Promise<RunningCrud> {
  const child = await startChild(import.meta.dirname, 'crud.process');
  try {
    const { port } = await child.ask<CrudAddress>(order);
    return { port, pid: child.pid, stop: () => child.stop() };
  } catch (error) {
    await child.stop();
    throw error;
  }
}
