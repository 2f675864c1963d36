import { z } from 'zod';
import { LanguageTag } from '../form/definition-text.ts';
import { defineEvent } from '../event.ts';

/** What mail is sent for. Each purpose gives its templates variables of its own (docs/mail.md). */
export const MAIL_PURPOSES = ['receipt', 'webhookDisabled'] as const;
export const MailPurpose = z.enum(MAIL_PURPOSES).meta({
  id: 'MailPurpose',
  description:
    '`receipt`: to the submitter, of a form that asks for it; `webhookDisabled`: to the contact of a webhook that was given up',
});
export type MailPurpose = z.infer<typeof MailPurpose>;

/** What a template is for: all mail of its purpose, or that of one form, in one language, or both. */
export const TemplatePlace = z.object({
  purpose: MailPurpose,
  form: z.string().nullable(),
  language: LanguageTag.nullable(),
});
export type TemplatePlace = z.infer<typeof TemplatePlace>;

/** The words of a mail, in Liquid. The HTML is an alternative: the text is always sent. */
export const TemplateContent = z.object({
  subject: z.string().min(1).max(500),
  text: z.string().min(1).max(50_000),
  html: z.string().min(1).max(200_000).nullable(),
});
export type TemplateContent = z.infer<typeof TemplateContent>;

export const mailTemplateSetV1 = defineEvent({
  name: 'formbus.mail.templateSet',
  version: 1,
  family: 'mail',
  summary: 'Mail of this purpose, form and language is worded so from here on.',
  data: z.object({ ...TemplatePlace.shape, ...TemplateContent.shape }),
});

export const mailTemplateRemovedV1 = defineEvent({
  name: 'formbus.mail.templateRemoved',
  version: 1,
  family: 'mail',
  summary: 'The next more general template, or at last the built-in one, takes the place of this one.',
  data: z.object(TemplatePlace.shape),
});
