import type { Field } from '#contracts/form/definition-fields';
import { outline } from '#logic/outline';
import type { FormView } from '../form/form.view.ts';
import { DATE_TIME, NUMBER, TEXT, valueTypeOf, type ValueType } from './submission.filter-types.ts';

/** A type that a field has, with the versions of the form in which it has it. */
export interface Typing {
  readonly type: ValueType;
  readonly versions: readonly number[];
  /** The field as these versions define it; none for what every submission has. */
  readonly fields: readonly Field[];
}

/** What lists can be filtered by, each with the types that it had; most had one alone. */
export type Listable = ReadonlyMap<string, readonly Typing[]>;

const always = (type: ValueType): readonly Typing[] => [{ type, versions: [], fields: [] }];

/** What every submission has, beside its answers. */
const OWN: readonly (readonly [string, readonly Typing[]])[] = [
  ['submittedAt', always(DATE_TIME)],
  ['updatedAt', always(DATE_TIME)],
  ['submittedBy', always(TEXT)],
  ['formVersion', always(NUMBER)],
];

/** All that a list of the form's submissions can be filtered by: the fields of every published version. */
export function listableFields({ definitions }: Pick<FormView, 'definitions'>): Listable {
  const listable = new Map(OWN);
  for (const [version, definition] of [...definitions].sort(([a], [b]) => a - b)) {
    for (const { field } of outline(definition).fields) {
      const name = `answers.${field.name}`;
      listable.set(name, withField(listable.get(name) ?? [], field, version));
    }
  }
  return listable;
}

function withField(typings: readonly Typing[], field: Field, version: number): readonly Typing[] {
  const type = valueTypeOf(field);
  const same = typings.find((typing) => typing.type === type);
  if (!same) return [...typings, { type, versions: [version], fields: [field] }];
  const grown = { type, versions: [...same.versions, version], fields: [...same.fields, field] };
  return typings.map((typing) => (typing === same ? grown : typing));
}
