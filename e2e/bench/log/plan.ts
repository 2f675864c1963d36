/** How many aggregates have how many events. */
export type Sizes = readonly { readonly aggregates: number; readonly events: number }[];

/**
 * Whose event comes at each place of the log: aggregates are numbered through in the order of `sizes`, and their
 * events are spread over the whole log at random, the same way every time.
 */
export function spread(sizes: Sizes): Uint32Array {
  const total = sizes.reduce((sum, { aggregates, events }) => sum + aggregates * events, 0);
  const plan = new Uint32Array(total);
  let at = 0;
  let aggregate = 0;
  for (const { aggregates, events } of sizes) {
    for (let n = 0; n < aggregates; n++, aggregate++) {
      plan.fill(aggregate, at, at + events);
      at += events;
    }
  }
  const random = seeded(1);
  for (let last = plan.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [plan[last], plan[other]] = [plan[other] ?? 0, plan[last] ?? 0];
  }
  return plan;
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
