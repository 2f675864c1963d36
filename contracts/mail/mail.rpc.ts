import { z } from 'zod';
import { FormId } from '../form/form.rpc.ts';
import { LanguageTag } from '../form/definition-text.ts';
import { Caller, CommandCaller, Committed, defineRpc, Freshness, Position } from '../rpc.ts';
import { MailPurpose, TemplateContent } from './mail.events.ts';

/** Derived from purpose, form and language: one place has one template. */
export const TemplateId = z.uuid().meta({ description: 'The id of the template' });

const PlaceFields = {
  purpose: MailPurpose,
  form: FormId.nullable().meta({ description: 'The form that it is for; null for every form' }),
  language: LanguageTag.nullable().meta({ description: 'The language that it is for; null for every one' }),
};

export const MailTemplate = z.object({
  id: TemplateId,
  ...PlaceFields,
  ...TemplateContent.shape,
  /** Counts every change; the ETag. */
  version: z.int().positive(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type MailTemplate = z.infer<typeof MailTemplate>;

/** Words as they are taken from here on; what was set earlier may be longer. */
export const NewContent = z.object({
  ...TemplateContent.shape,
  text: z.string().min(1).max(20_000),
  html: z.string().min(1).max(100_000).nullable(),
});

export const MailTemplateSummary = MailTemplate.omit({ text: true, html: true });
export type MailTemplateSummary = z.infer<typeof MailTemplateSummary>;

/**
 * The template that a mail was made of: of the form or the workspace, in the language or for all of them, or the one
 * that Formbus comes with.
 */
export const TemplateSource = z.enum([
  'formLanguage',
  'form',
  'workspaceLanguage',
  'workspace',
  'builtIn',
  'given',
]);
export type TemplateSource = z.infer<typeof TemplateSource>;

export const RenderedMail = z.object({
  subject: z.string(),
  text: z.string(),
  html: z.string().nullable(),
  source: TemplateSource.meta({
    description: 'Which template it was made of; `given` when the request held it',
  }),
});
export type RenderedMail = z.infer<typeof RenderedMail>;

/**
 * Words the mail of one purpose, form and language. What is there already changes nothing.
 *
 * Refusals: `invalid_template` with every error and where it is; `stale`; `form_not_found`.
 */
export const setTemplate = defineRpc({
  subject: 'rpc.notifier.mail.setTemplate',
  kind: 'command',
  request: z.object({
    caller: CommandCaller,
    ...PlaceFields,
    ...NewContent.shape,
    expectVersion: z.int().nullable(),
  }),
  response: z.object({ template: MailTemplate, committed: Committed }),
});

/** Refusals: `mail_template_not_found`, `stale`. */
export const removeTemplate = defineRpc({
  subject: 'rpc.notifier.mail.removeTemplate',
  kind: 'command',
  request: z.object({ caller: CommandCaller, template: TemplateId, expectVersion: z.int().nullable() }),
  response: z.object({ committed: Committed }),
});

/** Refusals: `mail_template_not_found`. */
export const getTemplate = defineRpc({
  subject: 'rpc.notifier.mail.getTemplate',
  kind: 'query',
  request: z.object({ caller: Caller, template: TemplateId }),
  response: z.object({ template: MailTemplate, position: Position }),
});

/** By purpose, form and language. */
export const listTemplates = defineRpc({
  subject: 'rpc.notifier.mail.listTemplates',
  kind: 'query',
  request: z.object({
    caller: Caller,
    limit: z.int().min(1).max(200),
    cursor: z.string().max(400).nullable(),
    minPosition: Position.nullable(),
  }),
  response: z.object({
    items: z.array(MailTemplateSummary),
    next: z.string().nullable(),
    readModel: Freshness,
  }),
});

/**
 * What a mail would look like: of the words given, or else of the template that would be chosen; with a submission of
 * the form (whose reader the caller must be allowed to be), or else with made-up contents.
 *
 * Refusals: `invalid_template`, `form_not_found`, `submission_not_found`, `erased`.
 */
export const previewMail = defineRpc({
  subject: 'rpc.notifier.mail.preview',
  kind: 'query',
  request: z.object({
    caller: Caller,
    ...PlaceFields,
    content: NewContent.nullable(),
    submission: z.uuid().nullable(),
  }),
  response: RenderedMail,
});

/**
 * Sends a mail with made-up contents now, so that an author sees it arrive and an operator what the mail server says.
 * Its subject begins with `[Test]`. It is not repeated when it fails, and neither recorded nor deduplicated.
 *
 * Refusals: `too_many_requests` after ten in an hour; `mail_not_configured`, `mail_refused` with the server's answer, `invalid_template`.
 */
export const sendTestMail = defineRpc({
  subject: 'rpc.notifier.mail.sendTest',
  kind: 'command',
  request: z.object({
    caller: CommandCaller,
    ...PlaceFields,
    content: NewContent.nullable(),
    to: z.email().max(320),
  }),
  response: z.object({
    messageId: z.string(),
    /** What the mail server said when it took the mail. */
    answer: z.string(),
    source: TemplateSource,
  }),
});
