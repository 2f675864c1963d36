/** How often something is to be called. */
export interface Flood {
  readonly calls: number;
  /** Calls that wait for their answer at the same time. */
  readonly inFlight: number;
}

/** Calls `one` with 0, 1, 2 ..., the next whenever one has been answered. Rejects with the first error. */
export async function flood(
  { calls, inFlight }: Flood,
  one: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < calls) await one(next++);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, calls) }, caller));
}
