import type { MailPurpose, TemplateContent } from '#contracts/mail/mail.events';
import { withoutSubtags } from './template.place.ts';

const page = (language: string, body: string): string => `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><title>{{ form.title }}</title></head>
<body style="font-family: sans-serif; line-height: 1.5">
${body}
</body>
</html>
`;

const answersTable = `<table style="border-collapse: collapse">
{%- for field in answers %}
<tr>
<th style="text-align: left; vertical-align: top; padding: 0.25em 1em 0.25em 0">{{ field.label }}</th>
<td style="white-space: pre-line; padding: 0.25em 0">{{ field.answer }}</td>
</tr>
{%- endfor %}
</table>`;

const answersList = `{%- for field in answers %}
{{ field.label }}: {{ field.answer }}
{%- endfor %}`;

const RECEIPTS: Readonly<Record<string, TemplateContent>> = {
  en: {
    subject: 'We received your answers: {{ form.title }}',
    text: `We received your answers to "{{ form.title }}" on {{ submission.submittedAt | date: "%Y-%m-%d at %H:%M" }} UTC.

Reference: {{ submission.id }}
{%- if answers.size > 0 %}

Your answers:
${answersList}
{%- endif %}

This mail was sent by a machine.
`,
    html: page(
      'en',
      `<p>We received your answers to <strong>{{ form.title }}</strong> on {{ submission.submittedAt | date: "%Y-%m-%d at %H:%M" }} UTC.</p>
<p>Reference: {{ submission.id }}</p>
{%- if answers.size > 0 %}
<p>Your answers:</p>
${answersTable}
{%- endif %}
<p>This mail was sent by a machine.</p>`,
    ),
  },
  de: {
    subject: 'Ihre Angaben sind angekommen: {{ form.title }}',
    text: `Ihre Angaben zu „{{ form.title }}“ sind am {{ submission.submittedAt | date: "%d.%m.%Y um %H:%M" }} Uhr (UTC) bei uns angekommen.

Vorgang: {{ submission.id }}
{%- if answers.size > 0 %}

Ihre Angaben:
${answersList}
{%- endif %}

Diese E-Mail wurde automatisch versandt.
`,
    html: page(
      'de',
      `<p>Ihre Angaben zu <strong>{{ form.title }}</strong> sind am {{ submission.submittedAt | date: "%d.%m.%Y um %H:%M" }} Uhr (UTC) bei uns angekommen.</p>
<p>Vorgang: {{ submission.id }}</p>
{%- if answers.size > 0 %}
<p>Ihre Angaben:</p>
${answersTable}
{%- endif %}
<p>Diese E-Mail wurde automatisch versandt.</p>`,
    ),
  },
};

const WEBHOOKS_DISABLED: Readonly<Record<string, TemplateContent>> = {
  en: {
    subject: 'A webhook was disabled: {{ webhook.url }}',
    text: `Formbus delivers nothing more to {{ webhook.url }}
{%- if webhook.description != "" %} ({{ webhook.description }}){% endif %}.

{% if webhook.reason == "gone" -%}
It answered 410 Gone on {{ webhook.disabledAt | date: "%Y-%m-%d at %H:%M" }} UTC.
{%- else -%}
Every delivery since {{ webhook.failingSince | date: "%Y-%m-%d at %H:%M" }} UTC has failed.
{%- endif %}

What happens meanwhile is kept. When the endpoint works again, enable the webhook {{ webhook.id }}: delivery goes on with the first event that it was not sent.
`,
    html: null,
  },
  de: {
    subject: 'Ein Webhook wurde abgeschaltet: {{ webhook.url }}',
    text: `Formbus stellt nichts mehr an {{ webhook.url }}
{%- if webhook.description != "" %} ({{ webhook.description }}){% endif %} zu.

{% if webhook.reason == "gone" -%}
Er hat am {{ webhook.disabledAt | date: "%d.%m.%Y um %H:%M" }} Uhr (UTC) mit 410 Gone geantwortet.
{%- else -%}
Jede Zustellung seit dem {{ webhook.failingSince | date: "%d.%m.%Y um %H:%M" }} Uhr (UTC) ist fehlgeschlagen.
{%- endif %}

Was inzwischen geschieht, bleibt erhalten. Sobald der Endpunkt wieder antwortet, schalten Sie den Webhook {{ webhook.id }} ein: Die Zustellung geht mit dem ersten Ereignis weiter, das er nicht bekommen hat.
`,
    html: null,
  },
};

const BUILT_IN: Readonly<Record<MailPurpose, Readonly<Record<string, TemplateContent>>>> = {
  receipt: RECEIPTS,
  webhookDisabled: WEBHOOKS_DISABLED,
};

export const BUILT_IN_LANGUAGES = ['en', 'de'] as const;

/** What mail says where nobody has written a template: in the language, or else in English. */
export function builtIn(purpose: MailPurpose, language: string): TemplateContent {
  const known = BUILT_IN[purpose];
  const tags = withoutSubtags(language).map((tag) => tag.toLowerCase());
  const found = tags
    .map((tag) => (Object.hasOwn(known, tag) ? known[tag] : undefined))
    .find((one) => one !== undefined);
  return found ?? (known.en as TemplateContent);
}
