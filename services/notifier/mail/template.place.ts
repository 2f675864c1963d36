import { Problem } from '#contracts/errors';
import type { MailPurpose, TemplatePlace } from '#contracts/mail/mail.events';
import type { TemplateSource } from '#contracts/mail/mail.rpc';
import { derivedId } from '#security/digest';

/** The id of the one template of a place. Languages are compared without regard to case. */
export const templateId = ({ purpose, form, language }: TemplatePlace): string =>
  derivedId('mailTemplate', purpose, form ?? '', language?.toLowerCase() ?? '');

/**
 * A place as it is stored: its language in canonical case (`de-AT`).
 *
 * @throws Problem `bad_request` for a language that is none, or a form where the purpose has no forms
 */
export function checkedPlace({ purpose, form, language }: TemplatePlace): TemplatePlace {
  if (form !== null && purpose !== 'receipt') {
    throw new Problem('bad_request', `Mail for ${purpose} belongs to no form: leave it out.`);
  }
  return { purpose, form, language: language === null ? null : canonical(language) };
}

function canonical(tag: string): string {
  try {
    return new Intl.Locale(tag).toString();
  } catch {
    throw new Problem('bad_request', `The language ${tag} is not a BCP 47 tag.`);
  }
}

export interface Candidate {
  readonly id: string;
  readonly source: TemplateSource;
}

/**
 * Where to look for the template of a mail, the first that is there counts: of the form in the language (`de-AT`, then
 * `de`), of the form, of the workspace in the language, of the workspace.
 */
export function candidates(purpose: MailPurpose, form: string | null, language: string): Candidate[] {
  const of = (owner: string | null, sources: readonly [TemplateSource, TemplateSource]): Candidate[] => [
    ...withoutSubtags(language).map((tag) => ({
      id: templateId({ purpose, form: owner, language: tag }),
      source: sources[0],
    })),
    { id: templateId({ purpose, form: owner, language: null }), source: sources[1] },
  ];
  const workspace = of(null, ['workspaceLanguage', 'workspace']);
  return form === null ? workspace : [...of(form, ['formLanguage', 'form']), ...workspace];
}

/** A tag and what it is a kind of: `zh-Hant-TW`, `zh-Hant`, `zh`. */
export function withoutSubtags(tag: string): readonly string[] {
  const parts = tag.slice(0, 100).split('-').slice(0, 8);
  return parts.map((_part, at) => parts.slice(0, parts.length - at).join('-'));
}
