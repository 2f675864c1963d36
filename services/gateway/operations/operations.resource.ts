import { z } from 'zod';
import { ServiceStatus } from '#contracts/operations/services';
import { TIERS } from '#contracts/task';

const StreamEnd = z.object({ seq: z.int().nonnegative(), time: z.string() }).nullable();
export const Stream = z.object({
  name: z.string(),
  description: z.string(),
  subjects: z.array(z.string()),
  retention: z.string().meta({
    description: '`limits`: messages stay until they are too old; `workqueue`: until they are done',
  }),
  messages: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  consumers: z.int().nonnegative(),
  first: StreamEnd.meta({ description: 'The oldest message' }),
  last: StreamEnd.meta({ description: 'The newest message' }),
});
export type Stream = z.infer<typeof Stream>;

export const TaskKind = z.object({
  kind: z.string().meta({ examples: ['webhook-replay'] }),
  tier: z.enum(TIERS),
  summary: z.string(),
  pending: z.int().nonnegative().meta({ description: 'Tasks that wait for a worker' }),
  running: z.int().nonnegative().meta({ description: 'Tasks in the hands of workers' }),
  scheduled: z
    .int()
    .nonnegative()
    .meta({ description: 'Tasks that are due later, or wait for their next attempt' }),
  oldestSeconds: z
    .number()
    .nonnegative()
    .meta({ description: 'How long the oldest of them has waited; 0 when there is none' }),
  paused: z.boolean(),
});
export type TaskKind = z.infer<typeof TaskKind>;

export const Status = z.object({
  bus: z.object({ server: z.string().meta({ description: 'The version of nats-server' }) }),
  services: z.array(ServiceStatus).meta({
    description: 'Every service, and each of its processes that says how it is when it is asked',
  }),
  streams: z.array(Stream),
  taskKinds: z.array(TaskKind),
  deadLetters: z.object({
    waiting: z.int().nonnegative(),
    byDurable: z.record(z.string(), z.int().positive()).meta({
      description: 'By the durable consumer that gave them up; that of a task is named after its kind',
    }),
  }),
  projections: z
    .array(
      z.object({
        projection: z.string(),
        state: z.enum(['live', 'behind', 'halted', 'silent']),
        position: z.string().nullable(),
        ageSeconds: z.number().nonnegative().nullable(),
      }),
    )
    .meta({
      description:
        'Read models as the processes that write them tell of them every second; `silent` when nobody does, with what was known of it',
    }),
});
export type Status = z.infer<typeof Status>;
