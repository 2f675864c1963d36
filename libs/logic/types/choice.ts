import type { Choice, FieldOf } from '#contracts/form/definition-fields';
import type { CelType } from '../cel/environment.ts';
import type { Known } from '../cel/value.ts';
import { localize } from '../localize.ts';
import {
  boundsFault,
  defined,
  leastLength,
  type FieldFault,
  type FieldKind,
  type Reader,
  type Report,
} from './kind.ts';

export type ChoiceField = FieldOf<'select'> | FieldOf<'multiSelect'>;

/** A value as it may be repeated in a message. */
export const quoted = (value: string): string =>
  JSON.stringify(value.length > 100 ? `${value.slice(0, 100).toWellFormed()}…` : value);

type Attribute = NonNullable<Choice['attributes']>[string];

const attributeType = (value: Attribute): CelType => {
  if (Array.isArray(value)) return 'list<string>';
  if (typeof value === 'string') return 'string';
  return typeof value === 'number' ? 'double' : 'bool';
};

/** What a filter may read of a choice: its value and every attribute that any choice of the field has. */
export function choiceTypes(choices: readonly Choice[]): Readonly<Record<string, CelType>> {
  const types: Record<string, CelType> = { value: 'string' };
  for (const { attributes = {} } of choices) {
    for (const [name, value] of Object.entries(attributes)) types[name] ??= attributeType(value);
  }
  return types;
}

/** A choice as filters see it. */
export const choiceScope = (choice: Choice): ReadonlyMap<string, Known> =>
  new Map<string, Known>([...Object.entries(choice.attributes ?? {}), ['value', choice.value]]);

function choiceFaults(field: ChoiceField): readonly FieldFault[] {
  const types = choiceTypes(field.choices);
  const seen = new Set<string>();
  return field.choices.flatMap(({ value, attributes = {} }, i) => {
    const faults: FieldFault[] = [];
    if (!value.isWellFormed())
      faults.push({ path: `/choices/${i}/value`, message: 'not well-formed Unicode' });
    if (seen.has(value))
      faults.push({ path: `/choices/${i}/value`, message: `the choice ${quoted(value)} is there twice` });
    seen.add(value);
    for (const [name, attribute] of Object.entries(attributes)) {
      const path = `/choices/${i}/attributes/${name}`;
      if (name === 'value') faults.push({ path, message: 'choice.value is the value of the choice itself' });
      else if (attributeType(attribute) !== types[name]) {
        faults.push({ path, message: `${name} is of type ${types[name]} in an earlier choice` });
      }
    }
    return faults;
  });
}

function labelOf({ choices }: ChoiceField, value: string, { locale, language }: Reader): string {
  const label = choices.find((choice) => choice.value === value)?.label;
  return label === undefined ? value : localize(label, locale, language);
}

const select: FieldKind<FieldOf<'select'>> = {
  celType: 'string',
  faults: choiceFaults,
  reader({ choices }) {
    const values = new Set(choices.map(({ value }) => value));
    return (raw, report) => {
      if (typeof raw !== 'string') return void report('type.choice');
      if (!values.has(raw)) return void report('choice', { value: quoted(raw) });
      return { answer: raw, value: raw };
    };
  },
  schema: ({ choices }) => ({ type: 'string', enum: choices.map(({ value }) => value) }),
  show: (field, answer, reader) => labelOf(field, String(answer), reader),
};

/** Problems of parts of a list that are told one by one; a list may be as long as a request. */
export const PARTS_LISTED = 50;

/**
 * The positions of the chosen in the list of choices, or undefined when one is none of them or given twice. Each of
 * these is reported, from a number on all together.
 */
function positions(
  raw: readonly unknown[],
  order: ReadonlyMap<string, number>,
  report: Report,
): Set<number> | undefined {
  const chosen = new Set<number>();
  let wrong = 0;
  raw.forEach((value, i) => {
    const position = typeof value === 'string' ? order.get(value) : undefined;
    if (position !== undefined && !chosen.has(position)) {
      chosen.add(position);
      return;
    }
    wrong += 1;
    if (wrong > PARTS_LISTED) return;
    if (typeof value !== 'string') report('type.choice', {}, `/${i}`);
    else if (position === undefined) report('choice', { value: quoted(value) }, `/${i}`);
    else report('duplicate', {}, `/${i}`);
  });
  if (wrong > PARTS_LISTED) report('choice.more', { count: wrong - PARTS_LISTED });
  return wrong === 0 ? chosen : undefined;
}

const multiSelect: FieldKind<FieldOf<'multiSelect'>> = {
  celType: 'list<string>',

  faults: (field) => [
    ...choiceFaults(field),
    ...boundsFault(['minSelected', field.minSelected], ['maxSelected', field.maxSelected]),
  ],

  reader({ choices, minSelected = 0, maxSelected = Infinity }) {
    const values = choices.map(({ value }) => value);
    const order = new Map(values.map((value, i) => [value, i]));
    return (raw, report) => {
      if (!Array.isArray(raw))
        return void report('type.choices', { example: JSON.stringify(values.slice(0, 1)) });
      const chosen = positions(raw, order, report);
      if (raw.length < minSelected) report('too_few', { min: minSelected });
      if (raw.length > maxSelected) report('too_many', { max: maxSelected });
      if (!chosen) return undefined;
      const answer = [...chosen].sort((a, b) => a - b).flatMap((position) => values[position] ?? []);
      return { answer, value: answer };
    };
  },

  schema: ({ choices, minSelected, maxSelected }, required) =>
    defined({
      type: 'array',
      items: { type: 'string', enum: choices.map(({ value }) => value) },
      uniqueItems: true,
      minItems: leastLength(minSelected, required),
      maxItems: maxSelected,
    }),

  show: (field, answer, reader) =>
    [answer]
      .flat()
      .map((value) => labelOf(field, String(value), reader))
      .join(', '),
};

export const choiceKinds = { select, multiSelect };
