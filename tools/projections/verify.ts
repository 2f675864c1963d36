import { verify, type Verification } from '#readmodel/verify';
import { chosen } from './chosen.ts';
import { openPlace, type Addresses } from './open.ts';

/** Proves of every projection (or of the one that is named) that it equals a rebuild from the log. */
export async function verifyAll(
  place: Addresses,
  name?: string,
  signal?: AbortSignal,
): Promise<Verification[]> {
  const projections = chosen(name);
  const opened = await openPlace(place);
  const { logOf, database } = opened;
  try {
    const verifications: Verification[] = [];
    for (const projection of projections) {
      verifications.push(
        await verify({
          log: logOf(projection),
          database,
          projection,
          signal: signal ?? new AbortController().signal,
        }),
      );
    }
    return verifications;
  } finally {
    await opened.close();
  }
}
