import {
  formCreatedV1,
  formDraftEditedV1,
  formRetiredV1,
  formVersionPublishedV1,
  formVersionRetiredV1,
} from '#contracts/form/form.events';
import { eventType } from '#contracts/event';
import { families } from '#contracts/subjects';
import type { Projection } from '#readmodel/projection';
import { foldOutline, type FormOutline, type StoredFormEvent } from './form.outline.ts';

/** One document a form, for lists; definitions are read from the log. */
export interface FormDocument extends FormOutline {
  readonly _id: string;
  readonly workspace: string;
}

/** The read model of all forms. Raise `version` with every change to what it stores. */
export const formsProjection: Projection<FormDocument> = {
  name: 'forms',
  version: 1,
  filters: [families.form],
  types: [formCreatedV1, formDraftEditedV1, formVersionPublishedV1, formVersionRetiredV1, formRetiredV1].map(
    eventType,
  ),
  indexes: [{ name: 'by_update', key: { workspace: 1, updatedAt: -1, _id: -1 } }],
  documentId: (event) => event.subject,
  fold(document, event) {
    const outline = foldOutline(document, event as StoredFormEvent);
    return { ...outline, _id: event.subject, workspace: event.workspace };
  },
};
