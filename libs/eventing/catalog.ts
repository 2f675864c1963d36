import { eventType, type EventDefinition, type Upcaster } from '#contracts/event';

/** The payload property that holds the cipher text of an event's sealed fields. */
export const SEALED_PROPERTY = '$sealed';

export interface CatalogEntry {
  readonly type: string;
  readonly definition: EventDefinition;
  readonly sealed: ReadonlySet<string>;
  /** The type of the newest version, which readers see. */
  readonly latest: string;
  /** From this version to the newest, in order. */
  readonly upcasters: readonly Upcaster['upcast'][];
}

/** Every known event type by its full name, with its way to the newest version. Refuses a gap in that way. */
export class Catalog {
  readonly #entries = new Map<string, CatalogEntry>();

  constructor(definitions: readonly EventDefinition[], upcasters: readonly Upcaster[] = []) {
    const newest = new Map<string, number>();
    const types = new Set<string>();
    for (const definition of definitions) {
      const type = eventType(definition);
      if (types.has(type)) throw new Error(`event type ${type} is defined twice`);
      types.add(type);
      if (SEALED_PROPERTY in definition.data.shape)
        throw new Error(`${type} has a property ${SEALED_PROPERTY}`);
      newest.set(definition.name, Math.max(definition.version, newest.get(definition.name) ?? 0));
    }
    const steps = new Map(upcasters.map((upcaster) => [upcaster.from, upcaster]));
    if (steps.size !== upcasters.length) throw new Error('two upcasters read the same event type');
    for (const definition of definitions) {
      const type = eventType(definition);
      const latest = `${definition.name}.v${newest.get(definition.name)}`;
      this.#entries.set(type, {
        type,
        definition,
        sealed: new Set(definition.sealed),
        latest,
        upcasters: chain(type, latest, steps),
      });
    }
  }

  get(type: string): CatalogEntry | undefined {
    return this.#entries.get(type);
  }
}

function chain(type: string, latest: string, steps: ReadonlyMap<string, Upcaster>): Upcaster['upcast'][] {
  const found: Upcaster['upcast'][] = [];
  for (let at = type; at !== latest;) {
    const step = steps.get(at);
    if (
      step === undefined ||
      versionOf(step.to) !== versionOf(at) + 1 ||
      eventName(step.to) !== eventName(at)
    ) {
      throw new Error(`no upcaster leads from ${at} to its next version (the newest is ${latest})`);
    }
    found.push(step.upcast);
    at = step.to;
  }
  return found;
}

const VERSION = /\.v([1-9][0-9]*)$/;

/** The name within a full type: `formbus.form.published.v1` gives `formbus.form.published`. */
export function eventName(type: string): string {
  return type.replace(VERSION, '');
}

function versionOf(type: string): number {
  return Number(VERSION.exec(type)?.[1] ?? 0);
}
