import type { Received } from './receiver.ts';

/** What an endpoint has taken of each form and submission, and whether that was in order. */
export class Arrivals {
  /** The newest version that was taken, by form or submission. */
  readonly taken = new Map<string, number>();
  /** What arrived before all that came before it was taken. */
  readonly tooEarly: string[] = [];
  /** What arrived again as another message. */
  readonly doubled: string[] = [];
  readonly #messages = new Map<string, string>();

  /** @returns how often it has arrived by now */
  note({ id, data }: Received, seen: readonly Received[]): number {
    const { version } = data;
    const name = `${laneOf(data)} ${version}`;
    if (version > (this.taken.get(laneOf(data)) ?? 0) + 1) this.tooEarly.push(name);
    if ((this.#messages.get(name) ?? id) !== id) this.doubled.push(name);
    this.#messages.set(name, id);
    return seen.filter((one) => one.id === id).length;
  }

  /** The endpoint says that it has it. */
  take({ data }: Received): void {
    const lane = laneOf(data);
    this.taken.set(lane, Math.max(data.version, this.taken.get(lane) ?? 0));
  }
}

const laneOf = ({ form, submission }: Received['data']): string => submission ?? form ?? '';
