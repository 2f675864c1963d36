import type { ErrorItem } from '#contracts/errors';
import { DEFAULT_LANGUAGE, type FormDefinition } from '#contracts/form/definition';
import { Budget } from './cel/budget.ts';
import { parseDefinition } from './definition-shape.ts';
import { kindOf } from './field-types.ts';
import type { CompiledField, CompiledForm, CompiledRule, Container } from './form.ts';
import { messageFor } from './messages.ts';
import { evaluationOrder } from './order.ts';
import { outline, type OutlinedField } from './outline.ts';
import { RuleCompiler, type RuleVariable } from './rules.ts';
import { missingTranslations } from './texts.ts';
import { choiceScope } from './types/choice.ts';

export type Compilation =
  | { readonly ok: true; readonly form: CompiledForm }
  | { readonly ok: false; readonly errors: readonly ErrorItem[] };

/**
 * Checks a form definition, as sent, and makes it ready for validation. A definition that is wrong gives every error
 * at once: first those of its shape, and where it has none, those of names, limits, rules (with line and column) and
 * cycles. Paths are JSON Pointers into the definition.
 */
export function compileForm(input: unknown): Compilation {
  const parsed = parseDefinition(input);
  if (!parsed.ok) return parsed;
  const { definition } = parsed;
  const flat = outline(definition);
  if (flat.errors.some(({ code }) => code.startsWith('too_many'))) return { ok: false, errors: flat.errors };

  const rules = new RuleCompiler(variablesOf(flat.fields));
  const containers = flat.containers.map(({ name, parent, path, visible }): Container => ({
    name,
    parent,
    visible: optional(rules, visible, `${path}/visible`),
  }));
  const fields = flat.fields.map((outlined, index) => compileField(outlined, index, rules));
  const { order, cycles } = evaluationOrder(
    containers.map((container, i) => ({
      ...container,
      around: container.parent,
      path: flat.containers[i]?.path ?? '',
    })),
    fields.map(({ name, container, visible }, i) => ({
      name,
      visible,
      around: container,
      path: flat.fields[i]?.path ?? '',
    })),
  );

  const errors = [
    ...flat.errors,
    ...flat.fields.flatMap(fieldErrors),
    ...rules.errors,
    ...cycles.map(({ path, names, rule }): ErrorItem => {
      const message = `what is visible depends on itself: ${names.join(' → ')}`;
      return { path, code: 'cycle', message, ...(rule === undefined ? {} : { rule }) };
    }),
    ...languageErrors(definition),
    ...receiptErrors(definition, flat.fields),
  ];
  if (errors.length > 0) return { ok: false, errors };
  const byName = new Map(fields.map((field) => [field.name, field]));
  const language = definition.language ?? DEFAULT_LANGUAGE;
  return { ok: true, form: { definition, language, fields, byName, containers, order } };
}

function variablesOf(fields: readonly OutlinedField[]): ReadonlyMap<string, RuleVariable> {
  const variables = new Map<string, RuleVariable>();
  fields.forEach(({ field }, index) => {
    const choices = 'choices' in field ? new Set(field.choices.map(({ value }) => value)) : undefined;
    if (!variables.has(field.name))
      variables.set(field.name, { index, choices, celType: kindOf(field).celType });
  });
  return variables;
}

const optional = (rules: RuleCompiler, rule: string | undefined, path: string): CompiledRule | undefined =>
  rule === undefined ? undefined : rules.compile(rule, path);

function compileField(
  { field, path, container }: OutlinedField,
  index: number,
  rules: RuleCompiler,
): CompiledField {
  const choosing = 'choices' in field ? field : undefined;
  const visible = optional(rules, field.visible, `${path}/visible`);
  const required =
    typeof field.required === 'string' ? rules.compile(field.required, `${path}/required`) : field.required;
  return {
    index,
    name: field.name,
    definition: field,
    container,
    visible,
    required: required ?? false,
    constraints: (field.constraints ?? []).flatMap((constraint, i) => {
      const rule = rules.compile(constraint.rule, `${path}/constraints/${i}/rule`);
      return rule ? [{ rule, message: constraint.message }] : [];
    }),
    filter:
      choosing?.filter === undefined
        ? undefined
        : rules.compileFilter(choosing.filter, choosing.choices, `${path}/filter`),
    choices: choosing && new Map(choosing.choices.map((choice) => [choice.value, choiceScope(choice)])),
    read: kindOf(field).reader(field),
  };
}

/** What is wrong with a field by itself: its bounds, pattern, choices and default. */
function fieldErrors({ field, path }: OutlinedField): readonly ErrorItem[] {
  const kind = kindOf(field);
  const errors = kind
    .faults(field)
    .map((fault): ErrorItem => ({ path: path + fault.path, code: 'invalid_field', message: fault.message }));
  if (field.default === undefined || errors.length > 0) return errors;
  const budget = new Budget();
  budget.startRule();
  kind.reader(field)(
    field.default,
    (key, parameters, part = '') =>
      errors.push({
        path: `${path}/default${part}`,
        code: 'invalid_default',
        message: messageFor(key, DEFAULT_LANGUAGE, parameters),
      }),
    budget,
  );
  return errors;
}

function languageErrors(definition: FormDefinition): readonly ErrorItem[] {
  const { language = DEFAULT_LANGUAGE, languages } = definition;
  const offered = !languages || languages.some((tag) => tag.toLowerCase() === language.toLowerCase());
  const message = `the form's own language, ${language}, is not among them`;
  const missing: ErrorItem[] = offered ? [] : [{ path: '/languages', code: 'missing_language', message }];
  return [...missing, ...missingTranslations(definition)];
}

/** A receipt goes to an answer that is an address. */
function receiptErrors({ receipt }: FormDefinition, fields: readonly OutlinedField[]): readonly ErrorItem[] {
  if (!receipt) return [];
  const path = '/receipt/to';
  const named = fields.find(({ field }) => field.name === receipt.to);
  if (!named) return [{ path, code: 'unknown_field', message: `the form has no field ${receipt.to}` }];
  const { type } = named.field;
  if (type === 'email') return [];
  const message = `${receipt.to} is a field of type ${type}; a receipt needs one of type email`;
  return [{ path, code: 'not_an_email_field', message }];
}
