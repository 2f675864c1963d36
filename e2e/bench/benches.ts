import { aggregate } from './aggregate/aggregate.ts';
import type { Bench } from './bench.ts';
import { ingest } from './ingest/ingest.ts';
import { logic } from './logic/logic.ts';
import { project } from './project/project.ts';
import { start } from './start/start.ts';
import { tasks } from './tasks/tasks.ts';
import { webhooks } from './webhooks/webhooks.ts';

/** Every benchmark, by the name it is run by. */
export const BENCHES: readonly Bench[] = [ingest, aggregate, project, tasks, webhooks, logic, start];
