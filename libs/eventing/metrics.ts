import { Counter, Gauge, Histogram } from 'prom-client';

/** What eventing measures, in the process's default registry. */
export const metrics = {
  appendSeconds: new Histogram({
    name: 'formbus_append_seconds',
    help: 'From a command at the executor to its acknowledged append',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  }),
  appendBatchMessages: new Histogram({
    name: 'formbus_append_batch_messages',
    help: 'Messages that went to the log together',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
  }),
  appendConflicts: new Counter({
    name: 'formbus_append_conflicts_total',
    help: 'Appends refused since somebody else was faster; each is decided again',
  }),
  appendAmbiguous: new Counter({
    name: 'formbus_append_ambiguous_total',
    help: 'Appends whose answer was lost; each is looked up in the log',
  }),
  deliveries: new Counter({
    name: 'formbus_deliveries_total',
    help: 'Messages that durable consumers handled, by what became of them',
    labelNames: ['durable', 'outcome'] as const,
  }),
  redeliveries: new Counter({
    name: 'formbus_redeliveries_total',
    help: 'Deliveries that were not the first of their message',
    labelNames: ['durable'] as const,
  }),
  deadLetters: new Counter({
    name: 'formbus_dead_letters_total',
    help: 'Messages that durable consumers gave up on',
    labelNames: ['durable'] as const,
  }),
  tasks: new Counter({
    name: 'formbus_tasks_total',
    help: 'Attempts at tasks, by what became of them: succeeded, retried, deferred, cancelled, parked',
    labelNames: ['kind', 'outcome'] as const,
  }),
  taskSeconds: new Histogram({
    name: 'formbus_task_seconds',
    help: 'How long attempts at tasks took',
    labelNames: ['kind'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1800],
  }),
  tasksRunning: new Gauge({
    name: 'formbus_tasks_running',
    help: 'Tasks in the hands of this process',
    labelNames: ['kind'] as const,
  }),
  tasksPending: new Gauge({
    name: 'formbus_tasks_pending',
    help: 'Tasks that wait for a worker, those that are due later not among them',
    labelNames: ['kind'] as const,
  }),
  taskOldestSeconds: new Gauge({
    name: 'formbus_task_oldest_seconds',
    help: 'How long the oldest task that is not done has been waiting',
    labelNames: ['kind'] as const,
  }),
  leasesHeld: new Gauge({
    name: 'formbus_lease_held',
    help: 'Whether this process holds a lease',
    labelNames: ['lease'] as const,
  }),
};
