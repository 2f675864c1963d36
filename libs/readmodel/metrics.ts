import { Counter, Gauge, Histogram } from 'prom-client';

const labelNames = ['projection'] as const;

export const projectionMetrics = {
  lagPositions: new Gauge({
    name: 'formbus_projection_lag_positions',
    help: 'Messages in the log that the read model has still to fold.',
    labelNames,
  }),
  lagSeconds: new Gauge({
    name: 'formbus_projection_lag_seconds',
    help: 'For how long readers have missed events; 0 when the read model holds everything.',
    labelNames,
  }),
  halted: new Gauge({
    name: 'formbus_projection_halted',
    help: '1 while the projection stands still at an event that it cannot handle.',
    labelNames,
  }),
  active: new Gauge({
    name: 'formbus_projection_active',
    help: '1 in the process that writes the read model, 0 in those that stand by.',
    labelNames,
  }),
  events: new Counter({
    name: 'formbus_projection_events_total',
    help: 'Events folded into documents that are durable, those of rebuilds included.',
    labelNames,
  }),
  batchSeconds: new Histogram({
    name: 'formbus_projection_batch_seconds',
    help: 'From a batch being read to its checkpoint being durable.',
    labelNames,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  }),
  swaps: new Counter({
    name: 'formbus_projection_swaps_total',
    help: 'Generations that were built beside the one that was read and swapped in.',
    labelNames,
  }),
} as const;
