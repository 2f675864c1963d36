import type { z } from 'zod';

/** The families of events; each is appended by one service alone (docs/event-map.md). */
export type EventFamily = 'workspace' | 'access' | 'form' | 'submission';

/**
 * One version of one event, as data. Its `ce-type`, JSON Schema, AsyncAPI message and golden file all follow
 * from it. A new shape is a new definition with the next `version` and an upcaster; a definition that was
 * released never changes.
 */
export interface EventDefinition<Name extends string = string, Data extends z.ZodObject = z.ZodObject> {
  /** What happened, without the version: `formbus.form.published`. */
  readonly name: Name;
  readonly version: number;
  readonly family: EventFamily;
  readonly data: Data;
  /**
   * Top-level properties of `data` that are personal: stored as one cipher text under the aggregate's data key.
   * Everything else stays in clear in the log for ever.
   */
  readonly sealed: readonly (keyof z.infer<Data> & string)[];
  /** One sentence for subscribers: when it is appended and what it means. */
  readonly summary: string;
}

/** The CloudEvents type of a definition: the name and the version, `formbus.form.published.v1`. */
export type EventType<D extends EventDefinition> = `${D['name']}.v${number}`;

/** An event as a decider returns it: what happened, not yet when, by whom or where in the log. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

export function defineEvent<const Name extends string, Data extends z.ZodObject>(definition: {
  name: Name;
  version: number;
  family: EventFamily;
  data: Data;
  sealed?: readonly (keyof z.infer<Data> & string)[];
  summary: string;
}): EventDefinition<Name, Data> {
  return { sealed: [], ...definition };
}

export function eventType(definition: EventDefinition): string {
  return `${definition.name}.v${definition.version}`;
}

/** Turns the data of one version of an event into that of the next; pure, total, and kept for ever. */
export interface Upcaster {
  /** The full type that it reads, `formbus.form.published.v1`. */
  readonly from: string;
  /** The full type that it gives, of the same name with the next version. */
  readonly to: string;
  readonly upcast: (data: never) => unknown;
}
