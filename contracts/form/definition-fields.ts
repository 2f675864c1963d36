import { z } from 'zod';
import { LIMITS } from './definition-limits.ts';
import { AttributeName, LocalizedText, Name, Rule, StableId } from './definition-text.ts';

const Constraint = z.strictObject({ rule: Rule, message: LocalizedText }).meta({
  id: 'FormConstraint',
  description: 'A rule that the answers must satisfy, and what to say when they do not',
});

/** What every field may have, whatever its type. */
const common = {
  name: Name,
  id: StableId.optional(),
  label: LocalizedText.optional(),
  hint: LocalizedText.optional(),
  help: LocalizedText.optional(),
  required: z
    .union([z.boolean(), Rule])
    .optional()
    .meta({ description: 'Always, never, or when the rule holds' }),
  visible: Rule.optional().meta({ description: 'The answer is dropped while this does not hold' }),
  constraints: z.array(Constraint).max(50).optional(),
  sensitive: z.boolean().optional().meta({
    description: 'The answer never leaves Formbus by webhook or mail',
  }),
  appearance: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .optional()
    .meta({ description: 'For the front end; passed through' }),
};

/** What a front end may offer before there is an answer. */
const defaultOf = <Schema extends z.ZodType>(schema: Schema): z.ZodOptional<Schema> =>
  schema.optional().meta({
    description:
      'A hint for front ends, to be offered before there is an answer; the server never applies it',
  });

const Length = z
  .int()
  .min(0)
  .max(LIMITS.answersBytes)
  .meta({ description: 'In characters: Unicode code points' });
const textBounds = {
  minLength: Length.optional(),
  maxLength: Length.optional(),
  pattern: z
    .string()
    .min(1)
    .max(LIMITS.patternLength)
    .optional()
    .meta({ description: 'RE2 syntax; found anywhere in the answer unless anchored by ^ and $' }),
  default: defaultOf(z.string()),
};

const CalendarDate = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a date such as 2024-02-29')
  .meta({ id: 'FormDate', description: 'YYYY-MM-DD', examples: ['2024-02-29'] });
const Instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}[Tt]/, 'a date and time of RFC 3339 with an offset, such as 2024-02-29T12:00:00Z')
  .meta({ id: 'FormInstant', description: 'RFC 3339 with an offset', examples: ['2024-02-29T12:00:00Z'] });

const Choice = z
  .strictObject({
    value: z.string().min(1).max(500),
    label: LocalizedText.optional().meta({ description: 'The value unless given' }),
    attributes: z
      .record(
        AttributeName,
        z.union([z.string(), z.boolean(), z.number(), z.array(z.string()).max(LIMITS.choices)]),
      )
      .optional()
      .meta({ description: 'Read by the filter as choice.<name>; one type for all choices of a field' }),
  })
  .meta({ id: 'FormChoice' });

const choosing = {
  choices: z.array(Choice).min(1).max(LIMITS.choices),
  filter: Rule.optional().meta({
    description:
      'Which choices are offered: evaluated for each, with `choice.value` and its attributes in scope',
    examples: ['product in choice.products'],
  }),
};

export const TextField = z
  .strictObject({ type: z.literal('text'), ...common, ...textBounds })
  .meta({ id: 'FormTextField', description: 'One line of text, without control characters but the tab' });

export const LongTextField = z.strictObject({ type: z.literal('longText'), ...common, ...textBounds }).meta({
  id: 'FormLongTextField',
  description: 'Text of several lines, without control characters but the tab',
});

export const EmailField = z
  .strictObject({ type: z.literal('email'), ...common, default: defaultOf(z.string()) })
  .meta({ id: 'FormEmailField', description: 'An e-mail address as HTML defines one' });

export const IntegerField = z
  .strictObject({
    type: z.literal('integer'),
    ...common,
    min: z.int().optional(),
    max: z.int().optional(),
    default: defaultOf(z.int()),
  })
  .meta({ id: 'FormIntegerField', description: 'A whole number of at most 53 bits' });

export const DecimalField = z
  .strictObject({
    type: z.literal('decimal'),
    ...common,
    scale: z.int().min(0).max(15).optional().meta({
      description: 'Decimal places. The answer is then a string of exactly that many, such as "12.50"',
    }),
    min: z.number().optional(),
    max: z.number().optional(),
    default: defaultOf(z.union([z.number(), z.string()])),
  })
  .meta({
    id: 'FormDecimalField',
    description: 'A number; with `scale` an exact decimal that travels as a string',
  });

export const BooleanField = z
  .strictObject({ type: z.literal('boolean'), ...common, default: defaultOf(z.boolean()) })
  .meta({ id: 'FormBooleanField', description: 'true or false; both count as answered' });

export const DateField = z
  .strictObject({
    type: z.literal('date'),
    ...common,
    min: CalendarDate.optional(),
    max: CalendarDate.optional(),
    default: defaultOf(CalendarDate),
  })
  .meta({ id: 'FormDateField', description: 'A date of the calendar, YYYY-MM-DD; midnight UTC in rules' });

export const DateTimeField = z
  .strictObject({
    type: z.literal('dateTime'),
    ...common,
    min: Instant.optional(),
    max: Instant.optional(),
    default: defaultOf(Instant),
  })
  .meta({
    id: 'FormDateTimeField',
    description: 'An instant, RFC 3339 with an offset; kept in UTC to the millisecond',
  });

export const SelectField = z
  .strictObject({ type: z.literal('select'), ...common, ...choosing, default: defaultOf(z.string()) })
  .meta({ id: 'FormSelectField', description: 'One of the choices' });

export const MultiSelectField = z
  .strictObject({
    type: z.literal('multiSelect'),
    ...common,
    ...choosing,
    minSelected: z.int().min(0).optional(),
    maxSelected: z.int().min(0).optional(),
    default: defaultOf(z.array(z.string())),
  })
  .meta({ id: 'FormMultiSelectField', description: 'Any of the choices; kept in the order of the choices' });

/** Every type of field. What each accepts, means in rules and looks like as JSON Schema: `libs/logic/field-types.ts`. */
export const FIELD_SCHEMAS = [
  TextField,
  LongTextField,
  EmailField,
  IntegerField,
  DecimalField,
  BooleanField,
  DateField,
  DateTimeField,
  SelectField,
  MultiSelectField,
] as const;

export type Field = z.infer<(typeof FIELD_SCHEMAS)[number]>;
export type FieldType = Field['type'];
export type FieldOf<Type extends FieldType> = Extract<Field, { type: Type }>;
export type Choice = z.infer<typeof Choice>;
