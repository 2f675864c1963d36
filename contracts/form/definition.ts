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
    pages: z.array(FormPage).min(1).max(500),
  })
  .meta({ id: 'FormDefinition', title: 'Form definition', description: 'A form as its author writes it' });
export type FormDefinition = z.infer<typeof FormDefinition>;

/** The language of texts that carry no tag. */
export const DEFAULT_LANGUAGE = 'en';
