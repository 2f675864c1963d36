/** How many aggregates have how many events. */
export type Sizes = readonly { readonly aggregates: number; readonly events: number }[];

/** Whose event comes at each place of a log. Aggregates are numbered through in the order of their sizes. */
export type Plan = Uint32Array;

/** Every aggregate's events are spread over the whole log at random, the same way every time. */
export function spread(sizes: Sizes): Plan {
  const plan = new Uint32Array(eventsIn(sizes));
  let at = 0;
  for (const [aggregate, events] of eventCounts(sizes).entries()) {
    plan.fill(aggregate, at, at + events);
    at += events;
  }
  shuffle(plan, seeded(1));
  return plan;
}

/**
 * Aggregates live side by side, `active` of them at a time: each event is one of theirs, at random, and one that has
 * all of its own makes room for the next. The same way every time.
 */
export function lifeCycles(sizes: Sizes, active: number): Plan {
  const random = seeded(1);
  const left = Uint32Array.from(eventCounts(sizes));
  const order = Uint32Array.from(left.keys());
  shuffle(order, random);
  const alive = [...order.subarray(0, active)];
  let next = alive.length;
  const plan = new Uint32Array(eventsIn(sizes));
  for (let at = 0; at < plan.length; at++) {
    const place = Math.floor(random() * alive.length);
    const aggregate = alive[place] ?? 0;
    plan[at] = aggregate;
    left[aggregate] = (left[aggregate] ?? 0) - 1;
    if (left[aggregate] > 0) continue;
    const successor = next < order.length ? order[next++] : undefined;
    if (successor !== undefined) alive[place] = successor;
    else alive.splice(place, 1);
  }
  return plan;
}

/** Two logs in one, their events taking turns; the aggregates of `second` are numbered after the `firstCount` of `first`. */
export function interleaved(first: Plan, firstCount: number, second: Plan): Plan {
  const plan = new Uint32Array(first.length + second.length);
  for (let at = 0, a = 0, b = 0; at < plan.length; at++) {
    const fromFirst = b >= second.length || (a < first.length && a * second.length <= b * first.length);
    plan[at] = fromFirst ? (first[a++] ?? 0) : firstCount + (second[b++] ?? 0);
  }
  return plan;
}

export const aggregatesIn = (sizes: Sizes): number =>
  sizes.reduce((sum, { aggregates }) => sum + aggregates, 0);

const eventsIn = (sizes: Sizes): number =>
  sizes.reduce((sum, { aggregates, events }) => sum + aggregates * events, 0);

/** The number of events, by aggregate. */
const eventCounts = (sizes: Sizes): number[] =>
  sizes.flatMap(({ aggregates, events }) => Array<number>(aggregates).fill(events));

function shuffle(values: Uint32Array, random: () => number): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [values[last], values[other]] = [values[other] ?? 0, values[last] ?? 0];
  }
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
