import { DEFAULT_LANGUAGE, type FormDefinition } from '#contracts/form/definition';
import { kindOf } from './field-types.ts';
import { localize } from './localize.ts';
import { outline, type Outline } from './outline.ts';
import { defined, type JsonSchema } from './types/kind.ts';

/**
 * The structure of a form's answers as JSON Schema 2020-12: what every rule aside can be said of them. Answers that
 * `validateAnswers` has put into their normal form satisfy it, and what satisfies it is refused only for what a JSON
 * Schema cannot say: rules, visibility, bounds of dates and of exact decimals, patterns that only RE2 reads. A field
 * may also be null, which is no answer, unless it is always required.
 */
export function answersSchema(definition: FormDefinition): JsonSchema {
  const flat = outline(definition);
  const { language = DEFAULT_LANGUAGE } = definition;
  const say = (text: Parameters<typeof localize>[0] | undefined): string | undefined =>
    text === undefined ? undefined : localize(text, language, language);
  const required: string[] = [];
  const properties: Record<string, JsonSchema> = {};
  for (const { field, container } of flat.fields) {
    const always =
      field.required === true && field.visible === undefined && !hideable(flat.containers, container);
    if (always) required.push(field.name);
    const answer = kindOf(field).schema(field, always);
    properties[field.name] = defined({
      title: say(field.label),
      description: say(field.hint ?? field.help),
      default: field.default,
      ...(always ? answer : { anyOf: [answer, { type: 'null' }] }),
    });
  }
  return defined({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: say(definition.title),
    description: say(definition.description),
    type: 'object',
    properties,
    required: required.length > 0 ? required : undefined,
    additionalProperties: false,
  });
}

function hideable(containers: Outline['containers'], index: number | undefined): boolean {
  const container = index === undefined ? undefined : containers[index];
  if (!container) return false;
  return container.visible !== undefined || hideable(containers, container.parent);
}
