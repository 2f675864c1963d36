import { describe, it } from '@jest/globals';
import { Problem } from '#contracts/errors';
import { newEvent } from '#contracts/event';
import { submissionSubmittedV2 } from '#contracts/submission/submission.events';
import { given } from '#tools/testing/given';
import { submissionDecider, type SubmitCommand } from './submission.decider.ts';

const submit: SubmitCommand = {
  kind: 'submit',
  form: 'contact',
  formVersion: 2,
  admission: { accepted: true, answers: { name: 'Ada' }, dropped: ['fax'] },
  request: 'r1',
  locale: 'de-AT',
};
const submitted = newEvent(submissionSubmittedV2, {
  form: 'contact',
  formVersion: 2,
  answers: { name: 'Ada' },
  dropped: ['fax'],
  requestMac: 'mac(r1)',
  locale: 'de-AT',
});
const refused: SubmitCommand = {
  ...submit,
  admission: { accepted: false, problem: new Problem('version_retired') },
};

describe('a submission', () => {
  it('is submitted when the form takes the answers', () => {
    given(submissionDecider).when(submit).then(submitted);
  });

  it('is refused with what the form said', () => {
    given(submissionDecider).when(refused).thenProblem('version_retired');
  });

  it('answers a repeat with nothing new', () => {
    given(submissionDecider, submitted).when(submit).thenNothing();
  });

  it('answers a repeat even when the form would refuse it now', () => {
    given(submissionDecider, submitted).when(refused).thenNothing();
  });

  it('refuses another request under its key', () => {
    given(submissionDecider, submitted)
      .when({ ...submit, request: 'r2' })
      .thenProblem('idempotency_key_reused');
  });
});
