import { Budget } from './cel/budget.ts';
import type { Scope } from './cel/scope.ts';
import { RuleStopped } from './cel/stopped.ts';
import { failed, INVALID, UNANSWERED, Unknown, type Value } from './cel/value.ts';
import type { CompiledForm, CompiledRule } from './form.ts';
import type { MessageParameters } from './messages.ts';
import type { MessageKey } from './messages-en.ts';
import type { Reading, Report } from './types/kind.ts';

/** When and for whom rules are evaluated: `form.now` and `form.locale`. */
export interface EvaluationOptions {
  readonly now: Date;
  /** A BCP 47 tag; the form's own language unless given. */
  readonly locale?: string;
}

/** Something reported while answers were read; worded and placed by who asked. */
export interface Finding {
  readonly key: MessageKey;
  readonly parameters: MessageParameters | undefined;
  /** Below the field's own path: `/3`. */
  readonly part: string;
  readonly rule: string | undefined;
}

/** What holds for given answers, before constraints are looked at. Arrays go by the index of the field. */
export interface FormState {
  readonly scope: Scope;
  readonly visible: readonly boolean[];
  /** What visible fields hold; undefined for no answer, and for one that is not of the type. */
  readonly readings: readonly (Reading | undefined)[];
  readonly findings: readonly (readonly Finding[] | undefined)[];
  /** Of pages and groups. */
  readonly containerFindings: readonly Finding[];
}

/** No answer at all: what is missing, null, or an empty text or list. */
export const isBlank = (raw: unknown): boolean =>
  raw === undefined || raw === null || raw === '' || (Array.isArray(raw) && raw.length === 0);

export type Answers = Readonly<Record<string, unknown>>;

export const rawAnswer = (answers: Answers, name: string): unknown =>
  Object.hasOwn(answers, name) ? answers[name] : undefined;

/** Does work that is paid for by the budget of one rule. */
function bounded<T>(scope: Scope, work: () => T): T | Unknown {
  scope.budget.startRule();
  try {
    return work();
  } catch (error) {
    if (error instanceof RuleStopped) return failed(error.message);
    throw error;
  }
}

export const runRule = (rule: CompiledRule, scope: Scope): Value =>
  bounded(scope, () => rule.evaluate(scope));

/** The finding for a rule that failed, if it did. */
export const failure = (rule: string | undefined, value: unknown): Finding | undefined =>
  value instanceof Unknown && value.kind === 'failed'
    ? { key: 'rule_failed', parameters: { reason: value.reason }, part: '', rule }
    : undefined;

/**
 * Decides what is visible and reads the visible answers, in the order in which one depends on the other: a hidden
 * field has no answer for any rule.
 */
export function stateOf(form: CompiledForm, answers: Answers, options: EvaluationOptions): FormState {
  const { fields, containers } = form;
  const scope: Scope = {
    answers: Array.from({ length: fields.length }, () => UNANSWERED),
    locals: [],
    choice: undefined,
    now: options.now,
    locale: options.locale ?? form.language,
    budget: new Budget(),
  };
  const shown: boolean[] = [];
  const visible: boolean[] = [];
  const readings: (Reading | undefined)[] = [];
  const findings: (Finding[] | undefined)[] = [];
  const containerFindings: Finding[] = [];

  const holds = (rule: CompiledRule | undefined, list: (finding: Finding) => void): boolean => {
    if (!rule) return true;
    const value = runRule(rule, scope);
    const failing = failure(rule.text, value);
    if (failing) list(failing);
    return value === true;
  };

  for (const node of form.order) {
    if ('container' in node) {
      const container = containers[node.container];
      const around = container?.parent === undefined || shown[container.parent] === true;
      shown[node.container] =
        around && holds(container?.visible, (finding) => containerFindings.push(finding));
      continue;
    }
    const field = fields[node.field];
    if (!field) continue;
    const { index } = field;
    const list = (finding: Finding): void => void (findings[index] ??= []).push(finding);
    visible[index] = shown[field.container] === true && holds(field.visible, list);
    const raw = visible[index] ? rawAnswer(answers, field.name) : undefined;
    if (isBlank(raw)) continue;
    const report: Report = (key, parameters, part = '') => list({ key, parameters, part, rule: undefined });
    const reading = bounded(scope, () => field.read(raw, report, scope.budget));
    const failing = failure(undefined, reading);
    if (failing) list(failing);
    readings[index] = reading instanceof Unknown ? undefined : reading;
    scope.answers[index] = readings[index]?.value ?? INVALID;
  }
  return { scope, visible, readings, findings, containerFindings };
}
