import { randomBytes } from 'node:crypto';
import type { StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { isDeepStrictEqual } from 'node:util';
import { BusError } from './bus-error.ts';
import type { Bus } from './bus.ts';
import { ApiCode, isApiError, jetStream } from './jetstream-api.ts';
import {
  EVENTS_STREAM,
  LOG_STREAMS,
  STREAMS,
  TOPOLOGY_VERSION,
  type LogStream,
  type StreamSpec,
} from './streams.ts';

export { STREAMS } from './streams.ts';

const EPOCH_KEY = 'formbus-epoch';
const VERSION_KEY = 'formbus-topology';

/** A log as it was found or made. */
export interface LogInfo {
  /** Part of every position in it; set when its stream is created, anew by a restore, never otherwise. */
  readonly epoch: string;
  readonly lastSeq: number;
}

export interface TopologyOptions {
  /** Copies of each stream that is created here, 1 by default. Existing streams keep theirs. */
  readonly replicas?: number;
  readonly streams?: readonly StreamSpec[];
}

/** A stream that is not as Formbus needs it and that nobody told Formbus to change. */
export class StreamDrift extends Error {
  override readonly name = 'StreamDrift';
}

/** A message that can hold 1 MiB of answers, encrypted and in base64. */
const MIN_MAX_PAYLOAD = 2 * 1024 * 1024;

/**
 * Creates the streams that are missing, updates those of an older Formbus, and refuses ({@link StreamDrift}) those
 * that were changed by hand or by a newer one. Safe to run in every process at once. Gives what it found of one that
 * is read by positions, EVENTS by default.
 */
export async function ensureTopology(
  bus: Bus,
  {
    streams = STREAMS,
    replicas = 1,
    log: wanted = EVENTS_STREAM,
  }: TopologyOptions & { log?: LogStream } = {},
): Promise<LogInfo> {
  if (bus.maxPayload < MIN_MAX_PAYLOAD) {
    bus.logger.warn(
      { maxPayload: bus.maxPayload },
      'max_payload of nats-server is low: large submissions will be refused (8MB is advised)',
    );
  }
  let log: LogInfo | undefined;
  for (const spec of streams) {
    const info = await ensureStream(bus, spec, replicas);
    if (spec.name === wanted) log = logInfo(info);
  }
  if (log === undefined) throw new Error(`the topology has no stream ${wanted}`);
  return log;
}

/** The same of one that is looked at and never made, as command lines do; undefined where it is not. */
export async function findLog(bus: Bus, stream: LogStream): Promise<LogInfo | undefined> {
  const found = await streamInfo(bus, stream);
  return found && logInfo(found);
}

const logInfo = (info: StreamInfo): LogInfo => ({ epoch: epochOf(info), lastSeq: info.state.last_seq });

const isLog = (name: string): boolean => LOG_STREAMS.some((stream) => stream === name);

async function ensureStream(bus: Bus, spec: StreamSpec, replicas: number): Promise<StreamInfo> {
  const found = (await streamInfo(bus, spec.name)) ?? (await createStream(bus, spec, replicas));
  const version = Number(found.config.metadata?.[VERSION_KEY] ?? NaN);
  if (!(version < TOPOLOGY_VERSION)) {
    refuseDrift(spec, found.config, version);
    return found;
  }
  bus.logger.info({ stream: spec.name, from: version, to: TOPOLOGY_VERSION }, 'updating a stream');
  const metadata = { ...found.config.metadata, [VERSION_KEY]: String(TOPOLOGY_VERSION) };
  return await jetStream<StreamInfo>(bus, `STREAM.UPDATE.${spec.name}`, {
    ...found.config,
    ...spec,
    metadata,
  });
}

async function streamInfo(bus: Bus, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jetStream<StreamInfo>(bus, `STREAM.INFO.${name}`);
  } catch (error) {
    if (isApiError(error, ApiCode.streamNotFound)) return undefined;
    if (error instanceof BusError && error.failure === 'no_responders') {
      throw new Error('JetStream does not answer: is it enabled on nats-server, and for this account?', {
        cause: error,
      });
    }
    throw error;
  }
}

async function createStream(bus: Bus, spec: StreamSpec, replicas: number): Promise<StreamInfo> {
  const metadata: Record<string, string> = { [VERSION_KEY]: String(TOPOLOGY_VERSION) };
  if (isLog(spec.name)) metadata[EPOCH_KEY] = newEpoch();
  try {
    return await jetStream<StreamInfo>(bus, `STREAM.CREATE.${spec.name}`, {
      ...spec,
      num_replicas: replicas,
      metadata,
    });
  } catch (error) {
    // Another process created it in the meantime, with its own epoch: that one counts.
    const info = isApiError(error, ApiCode.streamNameInUse) ? await streamInfo(bus, spec.name) : undefined;
    if (info === undefined) throw error;
    return info;
  }
}

function refuseDrift(spec: StreamSpec, found: StreamConfig, version: number): void {
  if (version > TOPOLOGY_VERSION) {
    throw new StreamDrift(
      `stream ${spec.name} was set up by a newer Formbus (topology ${version}, this one knows ${TOPOLOGY_VERSION}): upgrade this service`,
    );
  }
  const differences = Object.entries(spec).flatMap(([property, wanted]) => {
    // The server leaves out what is false, zero or empty.
    const value: unknown = found[property as keyof StreamConfig] ?? emptyLike(wanted);
    return isDeepStrictEqual(value, wanted)
      ? []
      : [`${property}: wanted ${JSON.stringify(wanted)}, found ${JSON.stringify(value)}`];
  });
  if (differences.length === 0 && !Number.isNaN(version)) return;
  const origin = Number.isNaN(version) ? ' (it was not created by Formbus)' : '';
  throw new StreamDrift(
    `stream ${spec.name} is not as Formbus needs it${origin}: ${differences.join('; ') || `metadata ${VERSION_KEY} is missing`}`,
  );
}

function emptyLike(wanted: unknown): unknown {
  switch (typeof wanted) {
    case 'boolean':
      return false;
    case 'number':
      return 0;
    case 'string':
      return '';
    default:
      return undefined;
  }
}

/** Lower-case letters and digits, so that a position needs no escaping anywhere. */
export function newEpoch(): string {
  return randomBytes(5).toString('hex');
}

function epochOf(info: StreamInfo): string {
  const epoch = info.config.metadata?.[EPOCH_KEY];
  if (epoch === undefined || !/^[a-z0-9]{1,32}$/.test(epoch)) {
    throw new StreamDrift(
      `stream ${info.config.name} has no usable epoch: metadata ${EPOCH_KEY} is ${JSON.stringify(epoch)}`,
    );
  }
  return epoch;
}
