/** Waits; gives false when the signal cut the wait short. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const done = (elapsed: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cut);
      resolve(elapsed);
    };
    const cut = (): void => done(false);
    const timer = setTimeout(() => done(true), ms);
    signal.addEventListener('abort', cut);
  });
}
