import { z } from 'zod';
import { FIELD_SCHEMAS, type Field } from './definition-fields.ts';
import { LanguageTag, LocalizedText, Name, Rule, StableId } from './definition-text.ts';

/**
 * The form language: pages hold fields and groups, groups hold fields and groups. Answers are flat, by name: a
 * group arranges and hides fields, it does not nest their answers. Names, rules, bounds and defaults are checked
 * against each other by `compileForm` (#logic/compile), which also refuses what is nested too deeply for this
 * schema's recursion; give it what was sent, rather than parse it here first.
 */
export interface FormGroup {
  type: 'group';
  name: string;
  id?: string | undefined;
  label?: LocalizedText | undefined;
  hint?: LocalizedText | undefined;
  help?: LocalizedText | undefined;
  visible?: string | undefined;
  appearance?: string | Record<string, unknown> | undefined;
  fields: FormItem[];
}
export type FormItem = Field | FormGroup;

const appearance = z.union([z.string(), z.record(z.string(), z.unknown())]).optional();

export const FormGroup = z
  .strictObject({
    type: z.literal('group'),
    name: Name,
    id: StableId.optional(),
    label: LocalizedText.optional(),
    hint: LocalizedText.optional(),
    help: LocalizedText.optional(),
    visible: Rule.optional(),
    appearance,
    get fields(): z.ZodArray<z.ZodType<FormItem>> {
      return z.array(FormItem);
    },
  })
  .meta({ id: 'FormGroup', description: 'Fields that are shown, and hidden, together' });

export const FormItem: z.ZodType<FormItem> = z
  .discriminatedUnion('type', [...FIELD_SCHEMAS, FormGroup])
  .meta({ id: 'FormItem' });

export const FormPage = z
  .strictObject({
    name: Name.optional(),
    title: LocalizedText.optional(),
    description: LocalizedText.optional(),
    visible: Rule.optional(),
    fields: z.array(FormItem),
  })
  .meta({ id: 'FormPage', description: 'What is shown at once' });
export type FormPage = z.infer<typeof FormPage>;

/** A form that can be sent as it is: what the reference shows, and what a newcomer tries first. */
const EXAMPLE = {
  title: 'Contact us',
  pages: [
    {
      fields: [
        { type: 'text', name: 'name', label: 'Your name', required: true, maxLength: 100 },
        { type: 'email', name: 'email', label: 'Your e-mail address', required: true },
        {
          type: 'select',
          name: 'subject',
          label: 'What is it about?',
          choices: [
            { value: 'question', label: 'A question' },
            { value: 'order', label: 'An order' },
          ],
        },
        {
          type: 'text',
          name: 'order_number',
          label: 'Number of the order',
          visible: "subject == 'order'",
          required: true,
          pattern: '^[0-9]{6}$',
        },
        { type: 'longText', name: 'message', label: 'Your message' },
      ],
    },
  ],
};

const FormReceipt = z
  .strictObject({
    to: Name.meta({
      description: 'The name of an email field: its answer is the address',
      examples: ['email'],
    }),
  })
  .meta({
    id: 'FormReceipt',
    description: 'Who answered gets the answers by mail, without those to sensitive fields',
  });

export const FormDefinition = z
  .strictObject({
    title: LocalizedText,
    description: LocalizedText.optional(),
    language: LanguageTag.optional().meta({
      description: 'The language of texts without a tag; en unless given',
    }),
    languages: z
      .array(LanguageTag)
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'The languages offered: every text that is a map must then have each of them' }),
    receipt: FormReceipt.optional(),
    pages: z.array(FormPage).min(1).max(500),
  })
  .meta({
    id: 'FormDefinition',
    title: 'Form definition',
    description: 'A form as its author writes it',
    examples: [EXAMPLE],
  });
export type FormDefinition = z.infer<typeof FormDefinition>;

/** The language of texts that carry no tag. */
export const DEFAULT_LANGUAGE = 'en';
