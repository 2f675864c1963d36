import { DEFAULT_LANGUAGE, type FormDefinition } from '#contracts/form/definition';
import type { Field } from '#contracts/form/definition-fields';
import { kindOf } from './field-types.ts';
import { localize, readableTag } from './localize.ts';
import { outline } from './outline.ts';
import type { Answers } from './state.ts';
import type { Answer } from './types/kind.ts';

/** A form and what was answered, as people read it. */
export interface Letter {
  readonly language: string;
  readonly title: string;
  /** What was answered, in the order of the form. */
  readonly answers: { readonly name: string; readonly label: string; readonly answer: string }[];
}

/** The fields whose answers may be told to others, in the order of the form: those that are not sensitive. */
export const openFields = (definition: FormDefinition): readonly Field[] =>
  outline(definition).fields.flatMap(({ field }) => (field.sensitive === true ? [] : [field]));

/**
 * Writes answers in their normal form out for a reader: labels, choices by theirs, numbers, days and times as their
 * language has them (times in UTC). Sensitive answers are left out.
 *
 * @param locale the reader's language where it is known; else it is written in the form's
 */
export function writeLetter(definition: FormDefinition, answers: Answers, locale: string | null): Letter {
  const { language = DEFAULT_LANGUAGE, title } = definition;
  const reader = { locale: readableTag(locale, language), language };
  return {
    language: reader.locale,
    title: localize(title, reader.locale, language),
    answers: openFields(definition).flatMap((field) => {
      const { name, label = name } = field;
      if (!Object.hasOwn(answers, name)) return [];
      const answer = kindOf(field).show(field, answers[name] as Answer, reader);
      return [{ name, label: localize(label, reader.locale, language), answer }];
    }),
  };
}
