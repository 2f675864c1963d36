import { Problem, type ErrorItem } from '#contracts/errors';
import type { MailPurpose, TemplateContent } from '#contracts/mail/mail.events';
import { LiquidText, TemplateFaults, type TemplateFault } from './liquid.ts';
import { SAMPLES, type MailVariables } from './variables.ts';

/** A mail as it is sent. */
export interface Wording {
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
}

type Part = keyof TemplateContent;

const SUBJECT_LENGTH = 250;

/** @throws Problem `invalid_template` when a limit is reached, or a variable is missing after all */
export function word({ subject, text, html }: TemplateContent, variables: MailVariables): Wording {
  return {
    subject: oneLine(render('subject', subject, variables)),
    text: render('text', text, variables),
    html: html === null ? null : render('html', html, variables),
  };
}

function render(part: Part, source: string, variables: MailVariables): string {
  try {
    return new LiquidText(source, { html: part === 'html' }).render(variables);
  } catch (error) {
    if (!(error instanceof TemplateFaults)) throw error;
    throw invalid(error.faults.map((fault) => itemOf(part, fault)));
  }
}

/** Whatever stood in an answer, a subject is one line of text: no other header can begin in it. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= SUBJECT_LENGTH ? line : `${characters.slice(0, SUBJECT_LENGTH - 1).join('')}…`;
}

/**
 * Looks for everything that would keep mail of this purpose from being sent: in the syntax; then among the names; then
 * in what made-up contents make of it.
 *
 * @throws Problem `invalid_template`
 */
export function checkContent(purpose: MailPurpose, content: TemplateContent): void {
  const errors = (['subject', 'text', 'html'] as const).flatMap((part) => {
    const source = content[part];
    return source === null ? [] : faultsIn(purpose, part, source).map((fault) => itemOf(part, fault));
  });
  if (errors.length > 0) throw invalid(errors);
}

function faultsIn(purpose: MailPurpose, part: Part, source: string): readonly TemplateFault[] {
  const samples = SAMPLES[purpose]('en');
  try {
    const template = new LiquidText(source, { html: part === 'html' });
    const unknown = template.unknownVariables(samples[0]);
    if (unknown.length > 0) return unknown;
    const made = samples.map((sample) => template.render(sample));
    if (part === 'subject' && made.some((subject) => oneLine(subject) === '')) return [EMPTY];
    return [];
  } catch (error) {
    if (error instanceof TemplateFaults) return error.faults;
    throw error;
  }
}

const invalid = (errors: readonly ErrorItem[]): Problem =>
  new Problem('invalid_template', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), {
    errors,
  });

const EMPTY: TemplateFault = { code: 'failed', message: 'the subject is empty', line: 1, column: 1 };

const itemOf = (part: Part, { code, message, line, column }: TemplateFault): ErrorItem => ({
  path: `/${part}`,
  code,
  message: `line ${line}, column ${column}: ${message}`,
});
