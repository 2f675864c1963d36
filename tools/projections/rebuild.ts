import type { Projection, Identified } from '#readmodel/projection';
import { Projector } from '#readmodel/projector';
import { rebuild, type Rebuilt } from '#readmodel/rebuild';
import { chosen } from './chosen.ts';
import { openPlace, type Opened } from './open.ts';
import type { Place } from './place.ts';

/**
 * Builds every projection (or the one that is named) anew from the log, beside the one that is read, and swaps. Where
 * services run theirs does it; where none runs, this process is the one that writes for as long as it takes.
 */
export async function rebuildAll(place: Place, name?: string, signal?: AbortSignal): Promise<Rebuilt[]> {
  const projections = chosen(name);
  const opened = await openPlace(place);
  try {
    const rebuilt: Rebuilt[] = [];
    for (const projection of projections) {
      rebuilt.push(await whileWritten(place, opened, projection, () => request(opened, projection, signal)));
    }
    return rebuilt;
  } finally {
    await opened.close();
  }
}

const request = (
  { database }: Opened,
  projection: Projection<Identified>,
  signal?: AbortSignal,
): Promise<Rebuilt> => rebuild({ database, projection, signal: signal ?? new AbortController().signal });

async function whileWritten<T>(
  { served }: Place,
  { bus, log, database, logger }: Opened,
  projection: Projection<Identified>,
  work: () => Promise<T>,
): Promise<T> {
  if (served) return await work();
  const projector = new Projector({ bus, log, database, projection, logger });
  projector.start();
  try {
    return await work();
  } finally {
    await projector.stop();
  }
}
