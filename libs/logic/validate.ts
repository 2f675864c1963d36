import type { ErrorItem } from '#contracts/errors';
import { jsonPointer } from '#contracts/json-pointer';
import { filterOf, refuses } from './choices.ts';
import type { Value } from './cel/value.ts';
import type { CompiledField, CompiledForm, CompiledRule } from './form.ts';
import { localize } from './localize.ts';
import { codeOf, messageFor } from './messages.ts';
import type { MessageKey } from './messages-en.ts';
import {
  failure,
  isBlank,
  rawAnswer,
  runRule,
  stateOf,
  type Answers,
  type EvaluationOptions,
  type Finding,
  type FormState,
} from './state.ts';
import type { Answer } from './types/kind.ts';
import { PARTS_LISTED, quoted } from './types/choice.ts';

export interface Validation {
  /** Of the visible fields that have one, in the order of the form and in normal form. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** Names of hidden fields whose answers were left out. */
  readonly dropped: readonly string[];
  /** Everything wrong, in the order of the form; empty for answers that can be submitted. */
  readonly problems: readonly ErrorItem[];
}

/** Unknown names that are listed one by one. */
const UNKNOWN_LISTED = 50;

/**
 * Validates answers, as sent, against a form. It never throws for any JSON value, and depends on nothing but its
 * arguments; validating its own `answers` again gives the same. When there are problems, `answers` holds what could
 * be read.
 */
export function validateAnswers(
  form: CompiledForm,
  answers: unknown,
  options: EvaluationOptions,
): Validation {
  const locale = options.locale ?? form.language;
  if (!isAnswers(answers))
    return { answers: {}, dropped: [], problems: [problem('type.answers', '', locale)] };

  const state = stateOf(form, answers, options);
  const normal: Record<string, Answer> = {};
  const dropped: string[] = [];
  const problems = state.containerFindings.map((finding) => worded(finding, '', locale));
  for (const field of form.fields) {
    const { index, name } = field;
    for (const finding of state.findings[index] ?? []) problems.push(worded(finding, name, locale));
    if (!state.visible[index]) {
      if (!isBlank(rawAnswer(answers, name))) dropped.push(name);
      continue;
    }
    const reading = state.readings[index];
    const raw = rawAnswer(answers, name);
    if (reading) normal[name] = reading.answer;
    if (isBlank(raw)) problems.push(...requiredProblems(field, state, locale));
    else problems.push(...unofferedProblems(field, raw, state, locale));
    problems.push(...constraintProblems(form, field, state, locale));
  }
  return { answers: normal, dropped, problems: [...problems, ...unknownProblems(form, answers, locale)] };
}

const isAnswers = (value: unknown): value is Answers =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function problem(key: MessageKey, path: string, locale: string, finding?: Partial<Finding>): ErrorItem {
  const { parameters, rule } = finding ?? {};
  const item = { path, code: codeOf(key), message: messageFor(key, locale, parameters) };
  return rule === undefined ? item : { ...item, rule };
}

const worded = (finding: Finding, name: string, locale: string): ErrorItem =>
  problem(finding.key, name === '' ? '' : `/${name}${finding.part}`, locale, finding);

/** What the filter does not let through of what was sent; that it is a choice at all was looked at before. */
function unofferedProblems(
  field: CompiledField,
  raw: unknown,
  { scope }: FormState,
  locale: string,
): readonly ErrorItem[] {
  const { filter, name } = field;
  if (!filter) return [];
  const found = chosenIn(field, raw).flatMap(([value, part]) => {
    const verdict = filterOf(field, value, scope);
    const failing = failure(filter.text, verdict);
    if (failing) return [worded({ ...failing, part }, name, locale)];
    if (!refuses(verdict)) return [];
    return [
      problem('choice.filtered', `/${name}${part}`, locale, {
        parameters: { value: quoted(value) },
        rule: filter.text,
      }),
    ];
  });
  const count = found.length - PARTS_LISTED;
  return count > 0
    ? [...found.slice(0, PARTS_LISTED), problem('choice.more', `/${name}`, locale, { parameters: { count } })]
    : found;
}

/** Choices of the field in what was sent, each once, with their places. */
function chosenIn(
  { choices, definition }: CompiledField,
  raw: unknown,
): readonly (readonly [string, string])[] {
  const places = new Map<string, string>();
  const look = (value: unknown, part: string): void => {
    if (typeof value === 'string' && choices?.has(value) && !places.has(value)) places.set(value, part);
  };
  if (definition.type === 'select') look(raw, '');
  else if (Array.isArray(raw)) raw.forEach((value, i) => look(value, `/${i}`));
  return [...places];
}

function requiredProblems(
  { name, required }: CompiledField,
  { scope }: FormState,
  locale: string,
): readonly ErrorItem[] {
  if (typeof required === 'boolean') return required ? [problem('required', `/${name}`, locale)] : [];
  return verdictProblems(required, runRule(required, scope), name, locale, (value) =>
    value === true ? problem('required', `/${name}`, locale, { rule: required.text }) : undefined,
  );
}

function constraintProblems(
  form: CompiledForm,
  { name, constraints }: CompiledField,
  { scope }: FormState,
  locale: string,
): readonly ErrorItem[] {
  return constraints.flatMap(({ rule, message }) =>
    verdictProblems(rule, runRule(rule, scope), name, locale, (value) => {
      if (value !== false) return undefined;
      return {
        path: `/${name}`,
        code: 'constraint',
        message: localize(message, locale, form.language),
        rule: rule.text,
      };
    }),
  );
}

/** A rule that failed is a problem of its own: passing it over would let through what it was to refuse. */
function verdictProblems(
  rule: CompiledRule,
  value: Value,
  name: string,
  locale: string,
  judge: (value: Value) => ErrorItem | undefined,
): readonly ErrorItem[] {
  const failing = failure(rule.text, value);
  const found = failing ? worded(failing, name, locale) : judge(value);
  return found ? [found] : [];
}

function unknownProblems({ byName }: CompiledForm, answers: Answers, locale: string): readonly ErrorItem[] {
  const unknown = Object.keys(answers).filter((name) => !byName.has(name));
  const listed = unknown
    .slice(0, UNKNOWN_LISTED)
    .map((name) => problem('unknown_field', jsonPointer([name.slice(0, 200).toWellFormed()]), locale));
  const count = unknown.length - listed.length;
  return count > 0
    ? [...listed, problem('unknown_field.more', '', locale, { parameters: { count } })]
    : listed;
}
