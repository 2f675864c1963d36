import type { Projection, Identified } from '#readmodel/projection';
import { pause } from '#eventing/pause';
import { Projector, type ProjectorStatus } from '#readmodel/projector';
import { rebuild, type Rebuilt } from '#readmodel/rebuild';
import { chosen } from './chosen.ts';
import { openPlace, type Opened } from './open.ts';
import type { Place } from './place.ts';

const SETTLED: ReadonlySet<ProjectorStatus['state']> = new Set(['live', 'halted']);
const POLL_MS = 25;

/**
 * Builds every projection (or the one that is named) anew from the log, beside the one that is read, and swaps. Where
 * services run theirs does it; where none runs, this process is the one that writes for as long as it takes.
 */
export async function rebuildAll(
  place: Place,
  name?: string,
  signal = new AbortController().signal,
): Promise<Rebuilt[]> {
  const projections = chosen(name);
  const opened = await openPlace(place);
  try {
    const rebuilt: Rebuilt[] = [];
    for (const projection of projections) {
      const request = { database: opened.database, projection, signal };
      rebuilt.push(await whileWritten(place, opened, request, () => rebuild(request)));
    }
    return rebuilt;
  } finally {
    await opened.close();
  }
}

async function whileWritten<T>(
  { served }: Place,
  { bus, logOf, database, logger }: Opened,
  { projection, signal }: { projection: Projection<Identified>; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  if (served) return await work();
  const projector = new Projector({ bus, log: logOf(projection), database, projection, logger });
  projector.start();
  try {
    // What was never built is built now, and can be asked for from then on.
    while (!SETTLED.has(projector.status().state) && !signal.aborted) await pause(POLL_MS, signal);
    return await work();
  } finally {
    await projector.stop();
  }
}
