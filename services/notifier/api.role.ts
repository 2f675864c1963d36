import type { DynamicModule } from '@nestjs/common';
import type { Database } from '#readmodel/database';
import { ReadModel } from '#readmodel/read-model';
import { startRpc } from '#service/rpc';
import { deliveriesProjection } from './delivery/delivery.projection.ts';
import { NotifierModule } from './notifier.module.ts';
import type { Parts } from './notifier.parts.ts';
import { tasksProjection } from './task/task.projection.ts';

export interface ApiDependencies {
  readonly parts: Parts;
  readonly database: Database;
  /** The RPC of mail. */
  readonly mail: DynamicModule;
}

/** The role `api`: commands and queries over RPC. Resolves when requests are taken. */
export async function startApi({
  parts,
  database,
  mail,
}: ApiDependencies): Promise<{ stop(): Promise<void> }> {
  const { bus, records } = parts;
  const deliveries = new ReadModel({
    ...{ bus, database, log: records.deliveries.log },
    projection: deliveriesProjection,
  });
  const tasks = new ReadModel({ bus, database, log: records.tasks.log, projection: tasksProjection });
  const module = NotifierModule.with({ parts, models: { deliveries, tasks }, mail });
  const rpc = await startRpc(module, { service: 'notifier', bus });
  return {
    async stop() {
      await rpc.close();
      deliveries.close();
      tasks.close();
    },
  };
}
