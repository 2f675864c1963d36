import type { Budget } from '../cel/budget.ts';
import type { CelType } from '../cel/environment.ts';
import type { Known } from '../cel/value.ts';
import type { Field } from '#contracts/form/definition-fields';
import type { MessageParameters } from '../messages.ts';
import type { MessageKey } from '../messages-en.ts';

/** An answer in its normal form: what is stored, and read back as itself. */
export type Answer = string | number | boolean | readonly string[];
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Says that something is wrong with an answer, or with a part of it (`/3`: the fourth of a list). */
export type Report = (key: MessageKey, parameters?: MessageParameters, part?: string) => void;

export interface Reading {
  readonly answer: Answer;
  /** The answer as rules see it. */
  readonly value: Known;
}

/**
 * Reads one answer that is not blank. Reports everything that is wrong with it.
 * @returns undefined when it is not of the type at all, so that rules cannot use it
 */
export type ReadAnswer = (raw: unknown, report: Report, budget: Budget) => Reading | undefined;

/** Something wrong with a field's definition; the path is relative to the field. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** Who reads an answer. */
export interface Reader {
  /** Their language, as Intl takes it. */
  readonly locale: string;
  /** Of the form's texts that have no tag. */
  readonly language: string;
}

/** A type of field: everything that differs from one type to another, beside the shape of its definition. */
export interface FieldKind<F extends Field = Field> {
  readonly celType: CelType;
  /** What is wrong with the definition beyond its shape. Defaults are checked by reading them. */
  faults(field: F): readonly FieldFault[];
  reader(field: F): ReadAnswer;
  /**
   * The JSON Schema of an answer in its normal form, without title and description.
   * @param required whether there must be an answer whatever the others are: an empty text or list is none
   */
  schema(field: F, required: boolean): JsonSchema;
  /** An answer in its normal form, as people read it. */
  show(field: F, answer: Answer, reader: Reader): string;
}

/** A fault when a lower bound lies above the upper one. */
export function boundsFault<T extends number | string>(
  [lowerName, lower]: readonly [string, T | undefined],
  [upperName, upper]: readonly [string, T | undefined],
): readonly FieldFault[] {
  if (lower === undefined || upper === undefined || lower <= upper) return [];
  return [{ path: `/${lowerName}`, message: `${lowerName} (${lower}) is above ${upperName} (${upper})` }];
}

/** The least length of an answer: one that is required has something in it. */
export const leastLength = (bound: number | undefined, required: boolean): number | undefined =>
  required ? Math.max(bound ?? 0, 1) : bound;

/** A schema without the keywords that have no value. */
export function defined(schema: Record<string, unknown>): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}
