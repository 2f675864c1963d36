import { eventType } from '#contracts/event';
import { mailTemplateRemovedV1, mailTemplateSetV1 } from '#contracts/mail/mail.events';
import type { MailTemplateSummary } from '#contracts/mail/mail.rpc';
import { families } from '#contracts/subjects';
import type { StoredEvent } from '#eventing/stored-event';
import type { Projection } from '#readmodel/projection';
import type { TemplateEvent } from './template.decider.ts';

/** One document a template that is there, for lists; what they say is read from the log. */
export interface TemplateDocument extends MailTemplateSummary {
  readonly _id: string;
  readonly workspace: string;
  /** `<purpose> <form> <language>`: what lists are sorted by. */
  readonly place: string;
}

/** The read model of mail templates. Raise `version` with every change to what it stores. */
export const mailTemplatesProjection: Projection<TemplateDocument> = {
  name: 'mailTemplates',
  version: 1,
  filters: [families.mail],
  types: [mailTemplateSetV1, mailTemplateRemovedV1].map(eventType),
  indexes: [{ name: 'by_place', key: { workspace: 1, place: 1, _id: 1 } }],
  documentId: ({ subject }) => subject,
  fold(_document, event) {
    const { subject: at, workspace, version, time, actor } = event;
    const change = event as StoredEvent & TemplateEvent;
    switch (change.type) {
      case 'formbus.mail.templateSet.v1': {
        const { purpose, form, language, subject } = change.data;
        return {
          _id: at,
          workspace,
          place: [purpose, form ?? '', language ?? ''].join(' '),
          id: idOf(at),
          purpose,
          form,
          language,
          subject,
          version,
          updatedAt: time,
          updatedBy: actor,
        };
      }
      case 'formbus.mail.templateRemoved.v1':
        return undefined;
    }
  },
};

/** `evt.<workspace>.mail.<template>` */
function idOf(subject: string): string {
  const id = subject.split('.')[3];
  if (id === undefined) throw new Error(`not the subject of a mail template: ${subject}`);
  return id;
}
