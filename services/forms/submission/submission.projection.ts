import { eventType } from '#contracts/event';
import { submissionSubmittedV2, type Answers } from '#contracts/submission/submission.events';
import { families } from '#contracts/subjects';
import type { StoredEvent } from '#eventing/stored-event';
import type { Projection } from '#readmodel/projection';
import type { SubmissionEvent } from './submission.decider.ts';
import { submissionIdOf } from './submission.subject.ts';

/** One document a submission, with its answers in clear so that lists can filter and sort by them. */
export interface SubmissionDocument {
  readonly _id: string;
  readonly workspace: string;
  readonly form: string;
  readonly formVersion: number;
  /** `erased` when the data key is gone: the answers can't be read any more, and the document holds none. */
  readonly state: 'submitted' | 'erased';
  readonly version: number;
  readonly answers: Answers;
  readonly submittedAt: string;
  readonly submittedBy: string;
  readonly updatedAt: string;
}

type StoredSubmissionEvent = StoredEvent & SubmissionEvent;

/** The read model of all submissions. Raise `version` with every change to what it stores. */
export const submissionsProjection: Projection<SubmissionDocument> = {
  name: 'submissions',
  version: 1,
  filters: [families.submission],
  types: [eventType(submissionSubmittedV2)],
  indexes: [{ name: 'by_form', key: { workspace: 1, form: 1, state: 1, submittedAt: -1, _id: -1 } }],
  documentId: (event) => submissionIdOf(event.subject),
  fold: (_document, event) => submitted(event as StoredSubmissionEvent),
};

function submitted(event: StoredSubmissionEvent): SubmissionDocument {
  return {
    _id: submissionIdOf(event.subject),
    workspace: event.workspace,
    form: event.data.form,
    formVersion: event.data.formVersion,
    state: event.erased ? 'erased' : 'submitted',
    version: event.version,
    answers: event.erased ? {} : event.data.answers,
    submittedAt: event.time,
    submittedBy: event.actor,
    updatedAt: event.time,
  };
}
