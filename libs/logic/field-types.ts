import type { Field, FieldOf, FieldType } from '#contracts/form/definition-fields';
import { booleanKinds } from './types/boolean.ts';
import { choiceKinds } from './types/choice.ts';
import type { FieldKind } from './types/kind.ts';
import { numberKinds } from './types/number.ts';
import { temporalKinds } from './types/temporal.ts';
import { textKinds } from './types/text.ts';

/**
 * Every type of field. A new one is an entry here and one in `contracts/form/definition-fields.ts`; the compiler
 * asks for this one as soon as that one is there.
 */
export const FIELD_KINDS: { readonly [Type in FieldType]: FieldKind<FieldOf<Type>> } = {
  ...textKinds,
  ...numberKinds,
  ...booleanKinds,
  ...temporalKinds,
  ...choiceKinds,
};

/** The kind of a field. Its methods take that field: the table's type ties one to the other. */
export const kindOf = (field: Field): FieldKind => FIELD_KINDS[field.type];
