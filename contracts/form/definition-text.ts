import { z } from 'zod';

const words = (...lines: readonly string[]): ReadonlySet<string> =>
  new Set(lines.flatMap((line) => line.split(' ')));

/** Members of every JSON object in JavaScript, which a name must not be mistaken for. */
const INHERITED = words(
  'constructor hasOwnProperty isPrototypeOf propertyIsEnumerable prototype toLocaleString toString valueOf',
);
/** Words of CEL and of this language that cannot be variables. */
const RESERVED = words(
  'as break const continue else false for function if import in let loop namespace null package return true var',
  'void while bool bytes cel double duration dyn google int list map null_type optional string timestamp type uint',
  'choice form repeat respondent submission',
);
/** Words of CEL that cannot stand after a point. */
const NO_MEMBERS = words('false in null true');

/** What is said of a reserved name, and under which code. */
const RESERVED_NAME = {
  message: 'is a reserved name: CEL, the form language or JavaScript means something else by it',
  params: { code: 'reserved_name' },
};

const NAME = /^[a-zA-Z][a-zA-Z0-9_]{0,63}$/;
const NAME_RULE = 'a letter, then letters, digits and underscores, at most 64';

/** A name in a form: the key of its answer and its variable in rules. */
export const Name = z
  .string()
  .regex(NAME, NAME_RULE)
  .refine((name) => !RESERVED.has(name) && !INHERITED.has(name), RESERVED_NAME)
  .meta({
    id: 'FormName',
    description: 'Key of the answer and variable in rules; unique in the form. Words of CEL are reserved.',
    examples: ['date_of_birth'],
  });

/** A name of an attribute of choices, read as `choice.<name>`. */
export const AttributeName = z
  .string()
  .regex(NAME, NAME_RULE)
  .refine((name) => !NO_MEMBERS.has(name) && !INHERITED.has(name), RESERVED_NAME)
  .meta({ id: 'FormAttributeName', description: 'Read by filters as choice.<name>', examples: ['products'] });

/** What an element is known by from one version to the next, whatever it is called. */
export const StableId = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'letters, digits, hyphens and underscores, at most 64')
  .meta({
    id: 'FormStableId',
    description: 'Stays the same when the field is renamed in a later version; the name unless given.',
  });

export const LanguageTag = z
  .string()
  .regex(/^[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8}){0,8}$/, 'a BCP 47 language tag such as en or pt-BR')
  .meta({ id: 'FormLanguageTag', description: 'A BCP 47 language tag', examples: ['en', 'pt-BR'] });

const Text = z.string().min(1).max(20_000);

/** Text for people: one text, or one for each language. */
export const LocalizedText = z
  .union([
    Text,
    z.record(LanguageTag, Text).refine((texts) => Object.keys(texts).length > 0, {
      message: 'at least one language is needed',
      params: { code: 'too_few' },
    }),
  ])
  .meta({
    id: 'FormText',
    description: 'Text in the language of the form, or a map from BCP 47 language tags to texts',
    examples: ['Date of birth', { en: 'Date of birth', de: 'Geburtsdatum' }],
  });
export type LocalizedText = z.infer<typeof LocalizedText>;

/** An expression over the answers; its syntax, variables and types are checked when the form is compiled. */
export const Rule = z
  .string()
  .min(1)
  .meta({
    id: 'FormRule',
    description:
      'An expression of the Common Expression Language over the answers by name, `form.now` and `form.locale`',
    examples: ["answered(email) || contact == 'phone'"],
  });
