import type { CompiledField, CompiledForm } from './form.ts';
import { runRule, stateOf, type Answers, type EvaluationOptions } from './state.ts';
import type { Scope } from './cel/scope.ts';
import { Unknown, type Value } from './cel/value.ts';

/** What the filter of a field says of one choice; true for a field without one. */
export function filterOf(field: CompiledField, choice: string, scope: Scope): Value {
  if (!field.filter) return true;
  scope.choice = field.choices?.get(choice);
  const value = runRule(field.filter, scope);
  scope.choice = undefined;
  return value;
}

/**
 * The choices of a field that its filter lets through with the other answers given, in their order. A filter that an
 * unanswered field leaves open offers nothing. Empty for a field that has no choices or does not exist.
 */
export function offeredChoices(
  form: CompiledForm,
  answers: Answers,
  name: string,
  options: EvaluationOptions,
): readonly string[] {
  const field = form.byName.get(name);
  if (!field?.choices) return [];
  const { scope } = stateOf(form, answers, options);
  return [...field.choices.keys()].filter((choice) => filterOf(field, choice, scope) === true);
}

/** Whether an answer is refused by a filter: one that a wrong answer elsewhere leaves open refuses nothing. */
export const refuses = (verdict: Value): boolean =>
  verdict === false || (verdict instanceof Unknown && verdict.kind === 'unanswered');
