import type { Bus } from '#eventing/bus';
import type { Identified, Projection } from './projection.ts';

/**
 * What the holder of a projection tells all others about the generation that is read: after every batch and once a
 * second. A lost notice is made up for by the next one, or by a look at the checkpoint.
 */
export interface CheckpointNotice {
  /** Of the sender's lease: what a former holder still says is not believed. */
  readonly token: number;
  readonly generation: string;
  readonly epoch: string;
  readonly seq: number;
  readonly state: 'live' | 'behind' | 'halted';
  /** For how long its readers have missed events, as of now; a span, because clocks differ. */
  readonly ageSeconds: number;
}

type Named = Pick<Projection<Identified>, 'name'>;

const subjectOf = ({ name }: Named): string => `sys.checkpoint.${name}`;

export function publishNotice(bus: Pick<Bus, 'notify'>, projection: Named, notice: CheckpointNotice): void {
  bus.notify(subjectOf(projection), notice);
}

/** Calls the handler with every notice, passing over what is none. The result ends that. */
export function onNotice(
  bus: Pick<Bus, 'onNotice'>,
  projection: Named,
  handler: (notice: CheckpointNotice) => void,
): () => void {
  return bus.onNotice(subjectOf(projection), (value) => {
    if (isNotice(value)) handler(value);
  });
}

/** The same of all projections, with the name of each. */
export function onNotices(
  bus: Pick<Bus, 'onNotice'>,
  handler: (projection: string, notice: CheckpointNotice) => void,
): () => void {
  return bus.onNotice(subjectOf({ name: '*' }), (value, subject) => {
    if (isNotice(value)) handler(subject.slice(subjectOf({ name: '' }).length), value);
  });
}

function isNotice(value: unknown): value is CheckpointNotice {
  if (typeof value !== 'object' || value === null) return false;
  const { token, generation, epoch, seq, state, ageSeconds } = value as Record<string, unknown>;
  return (
    Number.isSafeInteger(token) &&
    typeof generation === 'string' &&
    typeof epoch === 'string' &&
    Number.isSafeInteger(seq) &&
    (state === 'live' || state === 'behind' || state === 'halted') &&
    typeof ageSeconds === 'number'
  );
}
