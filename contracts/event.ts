import type { z } from 'zod';

/** The families of domain events; each is appended by one service alone (docs/event-map.md). */
export type DomainFamily = 'workspace' | 'access' | 'form' | 'submission' | 'webhook' | 'mail';

/** What is recorded for a while beside the log (records.ts). */
export type RecordFamily = 'task' | 'delivery';

export type EventFamily = DomainFamily | RecordFamily;

/**
 * One version of one event, as data. Its `ce-type`, JSON Schema, AsyncAPI message and golden file all follow
 * from it. A new shape is a new definition with the next `version` and an upcaster; a definition that was
 * released never changes.
 */
export interface EventDefinition<
  Name extends string = string,
  Version extends number = number,
  Data extends z.ZodObject = z.ZodObject,
  Family extends EventFamily = EventFamily,
> {
  /** What happened, without the version: `formbus.form.created`. */
  readonly name: Name;
  readonly version: Version;
  readonly family: Family;
  readonly data: Data;
  /**
   * Top-level properties of `data` that are personal: stored as one cipher text under the aggregate's data key.
   * Everything else stays in clear in the log for ever.
   */
  readonly sealed: readonly string[];
  /** One sentence for subscribers: when it is appended and what it means. */
  readonly summary: string;
}

/** An event of the log, of a family that one service owns. */
export type DomainEventDefinition = EventDefinition<string, number, z.ZodObject, DomainFamily>;

/** A record beside the log. */
export type RecordDefinition = EventDefinition<string, number, z.ZodObject, RecordFamily>;

/** An event as a decider returns it: what happened, not yet when, by whom or where in the log. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** The CloudEvents type of a definition: name and version, `formbus.form.created.v1`. */
export type TypeOf<D extends EventDefinition> = `${D['name']}.v${D['version']}`;

/** The domain event that a definition describes. */
export type EventOf<D extends EventDefinition> = DomainEvent<TypeOf<D>, z.infer<D['data']>>;

export function defineEvent<
  const Name extends string,
  const Version extends number,
  Data extends z.ZodObject,
  const Family extends EventFamily,
>(definition: {
  name: Name;
  version: Version;
  family: Family;
  data: Data;
  sealed?: readonly (keyof z.infer<Data> & string)[];
  summary: string;
}): EventDefinition<Name, Version, Data, Family> {
  return { sealed: [], ...definition };
}

export function eventType<D extends EventDefinition>(definition: D): TypeOf<D> {
  return `${definition.name}.v${definition.version}` as TypeOf<D>;
}

/** Makes a domain event of a definition, typed by it. */
export function newEvent<D extends EventDefinition>(
  definition: D,
  data: z.infer<D['data']>,
): DomainEvent<TypeOf<D>, z.infer<D['data']>> {
  return { type: eventType(definition), data };
}

/** Turns the data of one version of an event into that of the next; pure, total, and kept for ever. */
export interface Upcaster {
  /** The full type that it reads, `formbus.form.created.v1`. */
  readonly from: string;
  /** The full type that it gives: the same name, the next version. */
  readonly to: string;
  readonly upcast: (data: unknown) => unknown;
}
