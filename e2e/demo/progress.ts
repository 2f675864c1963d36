import { SingleBar } from 'cli-progress';

export interface Progress {
  add(): void;
  stop(): void;
}

/** Whether anybody would see a progress bar. */
export const isWatched = (): boolean => process.stderr.isTTY;

/** A progress bar on stderr, where that is a terminal; nothing elsewhere. */
export function progressBar(total: number): Progress {
  if (!isWatched()) return { add: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: '  {bar} {value}/{total} complaints · {duration_formatted}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    stream: process.stderr,
  });
  bar.start(total, 0);
  return { add: () => bar.increment(), stop: () => bar.stop() };
}
