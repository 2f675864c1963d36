import type { FieldOf } from '#contracts/form/definition-fields';
import type { FieldKind } from './kind.ts';

const boolean: FieldKind<FieldOf<'boolean'>> = {
  celType: 'bool',
  faults: () => [],
  reader: () => (raw, report) =>
    typeof raw === 'boolean' ? { answer: raw, value: raw } : void report('type.boolean'),
  schema: () => ({ type: 'boolean' }),
};

export const booleanKinds = { boolean };
