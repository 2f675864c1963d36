import { Problem, type ErrorItem } from '#contracts/errors';
import type { MailPurpose, TemplateContent } from '#contracts/mail/mail.events';
import { TemplateFaults, type TemplateFault } from './template-fault.ts';
import type { Typeset, Typesetter, TypesetRequest } from './typesetter.ts';
import { SAMPLES, type MailVariables } from './variables.ts';

/** A mail as it is sent. */
export interface Wording {
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
}

const PARTS = ['subject', 'text', 'html'] as const;
const SUBJECT_LENGTH = 250;

/** @throws Problem `invalid_template` when a limit is reached, or a variable is missing after all */
export async function word(
  typesetter: Typesetter,
  content: TemplateContent,
  variables: MailVariables,
): Promise<Wording> {
  const set = await typeset(typesetter, content, { variables: [variables], names: false });
  const [subject = '', text = '', html] = set.map(({ made: [first = ''] }) => first);
  return { subject: oneLine(subject), text, html: html ?? null };
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
export async function checkContent(
  typesetter: Typesetter,
  purpose: MailPurpose,
  content: TemplateContent,
): Promise<void> {
  const set = await typeset(typesetter, content, { variables: SAMPLES[purpose]('en'), names: true });
  const [subject] = set;
  if (subject?.made.some((made) => oneLine(made) === '')) throw invalid([itemOf('/subject', EMPTY)]);
}

interface SetPart {
  readonly made: readonly string[];
}

/** Subject, text and, where there is one, HTML. */
async function typeset(
  typesetter: Typesetter,
  content: TemplateContent,
  how: Pick<TypesetRequest, 'variables' | 'names'>,
): Promise<readonly SetPart[]> {
  const named = PARTS.flatMap((name) => {
    const source = content[name];
    return source === null ? [] : [{ name, source, html: name === 'html' }];
  });
  const parts = named.map(({ source, html }) => ({ source, html }));
  let set: readonly Typeset[];
  try {
    set = await typesetter.typeset({ parts, ...how });
  } catch (error) {
    if (!(error instanceof TemplateFaults)) throw error;
    throw invalid(error.faults.map((fault) => itemOf('', fault)));
  }
  const errors = set.flatMap((one, at) =>
    'faults' in one ? one.faults.map((fault) => itemOf(`/${named[at]?.name}`, fault)) : [],
  );
  if (errors.length > 0) throw invalid(errors);
  return set.filter((one) => 'made' in one);
}

const invalid = (errors: readonly ErrorItem[]): Problem =>
  new Problem('invalid_template', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), {
    errors,
  });

const EMPTY: TemplateFault = { code: 'failed', message: 'the subject is empty', line: 1, column: 1 };

const itemOf = (path: string, { code, message, line, column }: TemplateFault): ErrorItem => ({
  path,
  code,
  message: `line ${line}, column ${column}: ${message}`,
});
