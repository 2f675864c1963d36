/** Milliseconds until a deadline of `performance.now()`, at least 1: MongoDB takes 0 for no limit. */
export const timeLeft = (deadline: number): number => Math.max(1, Math.ceil(deadline - performance.now()));
