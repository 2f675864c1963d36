import { Problem } from '#contracts/errors';

const POSITION = /^([a-z0-9]{1,32})\.(0|[1-9][0-9]{0,15})$/;

/**
 * Names a place in the log: `<epoch>.<sequence>`. Callers treat it as opaque. A restore starts a new epoch, since it
 * gives sequence numbers a second time.
 */
export function formatPosition(epoch: string, seq: number): string {
  return `${epoch}.${seq}`;
}

/** The sequence that a position of this epoch names. Throws `bad_position` for anything else. */
export function parsePosition(text: string, epoch: string): number {
  const match = POSITION.exec(text);
  const seq = Number(match?.[2]);
  if (match === null || !Number.isSafeInteger(seq)) {
    throw new Problem('bad_position', `${JSON.stringify(text.slice(0, 80))} is not a position`);
  }
  if (match[1] !== epoch) throw new Problem('bad_position', 'The position is from before the last restore');
  return seq;
}
