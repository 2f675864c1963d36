import type { MailPurpose } from '#contracts/mail/mail.events';
import type { DisableReason } from '#contracts/webhook/webhook.events';
import type { ReceiptLetter } from '#contracts/submission/submission.rpc';

/** What a template may say. Everything is always there, null where there is nothing: a misspelt name is an error. */
export interface ReceiptVariables {
  readonly language: string;
  readonly form: { readonly id: string; readonly title: string; readonly version: number };
  readonly submission: { readonly id: string; readonly submittedAt: string };
  /** In the order of the form, without what is sensitive or was not answered. */
  readonly answers: ReceiptLetter['answers'];
}

export interface WebhookDisabledVariables {
  readonly language: string;
  readonly webhook: {
    readonly id: string;
    readonly url: string;
    readonly description: string;
    readonly reason: DisableReason;
    readonly disabledAt: string;
    readonly failingSince: string | null;
  };
}

export type MailVariables = ReceiptVariables | WebhookDisabledVariables;

export const receiptVariables = ({
  language,
  form,
  title,
  formVersion,
  submission,
  submittedAt,
  answers,
}: ReceiptLetter): ReceiptVariables => ({
  language,
  form: { id: form, title, version: formVersion },
  submission: { id: submission, submittedAt },
  answers,
});

const RECEIPT: Omit<ReceiptVariables, 'language'> = {
  form: { id: 'contact', title: 'Contact us', version: 1 },
  submission: { id: '01890a5d-ac96-774b-bcce-b302099a8057', submittedAt: '2026-01-31T13:05:00.000Z' },
  answers: [
    { name: 'name', label: 'Your name', answer: 'Ada Lovelace' },
    { name: 'message', label: 'Your message', answer: 'Is <b>this</b> "escaped" & sound?\nIt should be.' },
  ],
};

const WEBHOOK: WebhookDisabledVariables['webhook'] = {
  id: '01890a5d-ac96-774b-bcce-b302099a8058',
  url: 'https://example.com/hooks/formbus',
  description: 'Orders to the warehouse',
  reason: 'failing',
  disabledAt: '2026-01-31T13:05:00.000Z',
  failingSince: '2026-01-26T13:05:00.000Z',
};

/** Made-up contents: the first as full as they come, the last as empty. A template must get along with each. */
export const SAMPLES: Readonly<
  Record<MailPurpose, (language: string) => readonly [MailVariables, ...MailVariables[]]>
> = {
  receipt: (language) => [
    { language, ...RECEIPT },
    { language, ...RECEIPT, answers: [] },
  ],
  webhookDisabled: (language) => [
    { language, webhook: WEBHOOK },
    { language, webhook: { ...WEBHOOK, description: '', reason: 'gone', failingSince: null } },
  ],
};
