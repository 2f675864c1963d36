import type { FieldOf } from '#contracts/form/definition-fields';
import { primaryLanguage } from '../localize.ts';
import type { FieldKind } from './kind.ts';

/** By primary language; English where none fits. */
const WORDS: ReadonlyMap<string, readonly [yes: string, no: string]> = new Map([['de', ['Ja', 'Nein']]]);

const boolean: FieldKind<FieldOf<'boolean'>> = {
  celType: 'bool',
  faults: () => [],
  reader: () => (raw, report) =>
    typeof raw === 'boolean' ? { answer: raw, value: raw } : void report('type.boolean'),
  schema: () => ({ type: 'boolean' }),
  show(_field, answer, { locale }) {
    const [yes, no] = WORDS.get(primaryLanguage(locale)) ?? ['Yes', 'No'];
    return answer === true ? yes : no;
  },
};

export const booleanKinds = { boolean };
