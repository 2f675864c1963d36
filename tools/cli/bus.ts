import { pino } from 'pino';
import { connectBus, type Bus } from '#eventing/bus';
import { bareAddresses } from '#eventing/bare-addresses';
import { UserError } from '../start/user-error.ts';
import { Refused, Unreachable } from './exit-code.ts';
import type { BusPlace } from './places.ts';

/** For nats-server to answer. Milliseconds. */
const PATIENCE_MS = 5_000;

/** @throws Unreachable, Refused; UserError for a server that can't be used */
export async function openBus(
  { servers, user, password, token }: Omit<BusPlace, 'named' | 'discovered'>,
  { name, signal }: { readonly name: string; readonly signal?: AbortSignal },
): Promise<Bus> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await connectBus({
      servers,
      name,
      logger: pino({ level: process.env.LOG_LEVEL ?? 'fatal' }, pino.destination(2)),
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      ...(token !== undefined && { token }),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    if (patience.aborted) {
      throw new Unreachable(
        `nats-server at ${bareAddresses(servers)} does not answer: does it run, and is NATS_URL right?`,
        {
          cause,
        },
      );
    }
    // A type of the client library, which is the business of libs/eventing alone.
    if (cause instanceof Error && cause.name === 'AuthorizationError') {
      throw new Refused(
        `nats-server at ${bareAddresses(servers)} refuses these credentials: set NATS_TOKEN, or NATS_USER`,
        {
          cause,
        },
      );
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`nats-server at ${bareAddresses(servers)} can't be used: ${why}`, { cause });
  }
}
