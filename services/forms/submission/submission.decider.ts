import { Problem } from '#contracts/errors';
import { newEvent, type EventOf } from '#contracts/event';
import { submissionSubmittedV2, type Answers } from '#contracts/submission/submission.events';
import type { Decider } from '#eventing/decider';

/** What the form said of the answers; a refusal counts only if the request was not accepted before. */
export type Admission =
  | { readonly accepted: true; readonly answers: Answers; readonly dropped: readonly string[] }
  | { readonly accepted: false; readonly problem: Problem };

export interface SubmitCommand {
  readonly kind: 'submit';
  readonly form: string;
  readonly formVersion: number;
  readonly admission: Admission;
  /** Digest of what was sent, to recognise a repeat. */
  readonly request: string;
  /** The submitter's language. */
  readonly locale: string | null;
}

export type SubmissionCommand = SubmitCommand;
export type SubmissionEvent = EventOf<typeof submissionSubmittedV2>;

export type SubmissionState =
  | { readonly state: 'none' }
  | {
      readonly state: 'submitted';
      readonly formVersion: number;
      readonly dropped: readonly string[];
      readonly requestMac: string;
    };

/**
 * What a submission lets happen to itself. A repeat of the request that made it changes nothing, whatever became
 * of the form since; another request with the same key is refused.
 */
export const submissionDecider: Decider<SubmissionCommand, SubmissionState, SubmissionEvent> = {
  initial: { state: 'none' },

  decide(command, state, context) {
    if (state.state !== 'none') {
      if (state.requestMac === context.mac(command.request)) return [];
      throw new Problem('idempotency_key_reused');
    }
    if (!command.admission.accepted) throw command.admission.problem;
    return [
      newEvent(submissionSubmittedV2, {
        form: command.form,
        formVersion: command.formVersion,
        answers: command.admission.answers,
        dropped: [...command.admission.dropped],
        requestMac: context.mac(command.request),
        locale: command.locale,
      }),
    ];
  },

  evolve(_state, event) {
    const { formVersion, dropped, requestMac } = event.data;
    return { state: 'submitted', formVersion, dropped, requestMac };
  },
};
