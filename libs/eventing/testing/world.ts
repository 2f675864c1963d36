import pino from 'pino';
import type { EventDefinition, Upcaster } from '#contracts/event';
import { connectBus, type Bus } from '../bus.ts';
import { openLog, type OpenedLog } from '../open.ts';
import type { TopologyOptions } from '../topology.ts';
import { WORLD } from './notebook.ts';

export const MASTER_KEY = Buffer.alloc(32, 7);
export const silent = pino({ level: process.env.LOG_LEVEL ?? 'silent' });

export const connect = (url: string): Promise<Bus> =>
  connectBus({ servers: url, name: 'spec', logger: silent });

/** One process of a service that knows the events of the spec's world. */
export interface World extends Required<OpenedLog> {
  readonly bus: Bus;
}

export async function openWorld(
  url: string,
  options: {
    events?: readonly EventDefinition[];
    upcasters?: readonly Upcaster[];
    masterKey?: Uint8Array;
    topology?: TopologyOptions;
  } = {},
): Promise<World> {
  const { events = WORLD, upcasters = [], masterKey = MASTER_KEY, topology = {} } = options;
  const bus = await connect(url);
  const opened = await openLog(bus, { events, upcasters, source: '/formbus/spec', masterKey, topology });
  return { bus, ...opened };
}
