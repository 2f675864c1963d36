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

type Label = Readonly<Record<(typeof labelNames)[number], string>>;

/** What the process that writes a projection says of it. */
export function showProjection(
  label: Label,
  { state, lag, lagSeconds }: { readonly state: string; readonly lag: number; readonly lagSeconds: number },
): void {
  projectionMetrics.halted.set(label, state === 'halted' ? 1 : 0);
  projectionMetrics.lagPositions.set(label, lag);
  projectionMetrics.lagSeconds.set(label, lagSeconds);
}

/** A stand-by knows no lag: what it said while it wrote would be taken for the present. */
export function forgetProjection(label: Label): void {
  projectionMetrics.active.set(label, 0);
  const { halted, lagPositions, lagSeconds } = projectionMetrics;
  for (const gauge of [halted, lagPositions, lagSeconds]) gauge.remove(label);
}
