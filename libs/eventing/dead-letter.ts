import type { Bus } from './bus.ts';
import type { RawMessage } from './direct-get.ts';
import { store } from './jetstream-api.ts';
import { metrics } from './metrics.ts';
import { EVENTS_STREAM } from './streams.ts';

/** What a durable consumer gave up on, as JSON on `dlq.<stream>.<durable>`. */
export interface DeadLetter {
  readonly stream: string;
  readonly durable: string;
  readonly seq: number;
  readonly subject: string;
  readonly attempts: number;
  /** What the last attempt failed with. Never what a submitter wrote: handlers keep that out of their errors. */
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string };
  readonly parkedAt: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. Absent for events: they stay in the log at `seq`, where erasure reaches them. */
  readonly payload?: string;
}

/** What was given up, where it came to its consumer by way of another message. */
export interface LetterOrigin {
  readonly stream: string;
  readonly durable: string;
  readonly message: RawMessage;
}

const MAX_MESSAGE = 500;
const MAX_STACK = 4000;

/**
 * Stores a dead letter, once for each message and consumer; rejects unless it is stored.
 *
 * @param origin - what the letter is about, where that is not the message: one that is given up again has another letter
 */
export async function park(
  bus: Bus,
  { stream, durable, message, attempts, error }: LetterOrigin & { attempts: number; error: unknown },
  origin: LetterOrigin = { stream, durable, message },
): Promise<void> {
  const about = origin.message;
  const letter: DeadLetter = {
    stream: origin.stream,
    durable: origin.durable,
    seq: about.seq,
    subject: about.subject,
    // A task carries the number of its attempt; its deliveries are those of one attempt alone.
    attempts: Number(about.headers.get('formbus-attempt') ?? attempts),
    error: describe(error),
    parkedAt: new Date().toISOString(),
    headers: Object.fromEntries(about.headers),
    ...(origin.stream === EVENTS_STREAM ? {} : { payload: Buffer.from(about.payload).toString('base64') }),
  };
  const { duplicate } = await store(bus, `dlq.${origin.stream}.${origin.durable}`, {
    headers: `Nats-Msg-Id: ${stream}.${durable}.${message.seq}\r\n`,
    payload: Buffer.from(JSON.stringify(letter)),
  });
  if (duplicate !== true) metrics.deadLetters.inc({ durable: origin.durable });
}

function describe(error: unknown): DeadLetter['error'] {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error).slice(0, MAX_MESSAGE) };
  const { name, message, stack } = error;
  return {
    name,
    message: message.slice(0, MAX_MESSAGE),
    ...(stack !== undefined && { stack: stack.slice(0, MAX_STACK) }),
  };
}
