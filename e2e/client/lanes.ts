/**
 * Works on `items` in `lanes` lanes, each taking the next item when it is done with its last. The source is read no
 * faster than the lanes work. Rejects with the first error, once all lanes have stopped.
 */
export async function inLanes<T>(
  items: AsyncIterable<T> | Iterable<T>,
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let failed = false;
  // One `next()` at a time: sources such as parsers give no more than that.
  let turn: Promise<unknown> = Promise.resolve();
  const next = (): Promise<IteratorResult<T>> => {
    const taken = turn.then(() => iterator.next());
    turn = taken.catch(() => undefined);
    return taken;
  };
  const lane = async (): Promise<void> => {
    try {
      for (let item = await next(); item.done !== true && !failed; item = await next())
        await work(item.value);
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  await iterator.return?.();
  const rejected = ends.find((end) => end.status === 'rejected');
  if (rejected) throw rejected.reason;
}
