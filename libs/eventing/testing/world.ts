import pino from 'pino';
import type { EventDefinition, Upcaster } from '#contracts/event';
import { connectBus, type Bus } from '../bus.ts';
import { openEventing, type Eventing } from '../open.ts';
import { WORLD } from './notebook.ts';

export const MASTER_KEY = Buffer.alloc(32, 7);
export const silent = pino({ level: process.env.LOG_LEVEL ?? 'silent' });

export const connect = (url: string): Promise<Bus> =>
  connectBus({ servers: url, name: 'spec', logger: silent });

/** One process of a service that knows the events of the spec's world. */
export async function openWorld(
  url: string,
  options: {
    events?: readonly EventDefinition[];
    upcasters?: readonly Upcaster[];
    masterKey?: Uint8Array;
  } = {},
): Promise<Eventing & { keyring: NonNullable<Eventing['keyring']> }> {
  const { events = WORLD, upcasters = [], masterKey = MASTER_KEY } = options;
  const eventing = await openEventing({
    bus: await connect(url),
    events,
    upcasters,
    source: '/formbus/spec',
    masterKey,
  });
  if (eventing.keyring === undefined) throw new Error('no keyring');
  return { ...eventing, keyring: eventing.keyring };
}
