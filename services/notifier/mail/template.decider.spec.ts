import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newEvent } from '#contracts/event';
import { mailTemplateRemovedV1, mailTemplateSetV1 } from '#contracts/mail/mail.events';
import { context, given } from '#tools/testing/given';
import { templateDecider, type TemplateCommand } from './template.decider.ts';

const place = { purpose: 'receipt', form: 'order', language: 'de' } as const;
const content = (text: string) => ({ subject: 'Danke', text, html: null });
const set = (text: string): TemplateCommand => ({ kind: 'set', place, content: content(text) });
const wasSet = (text: string) => newEvent(mailTemplateSetV1, { ...place, ...content(text) });
const removed = newEvent(mailTemplateRemovedV1, place);

describe('a mail template', () => {
  it('is set', () => {
    given(templateDecider).when(set('a')).then(wasSet('a'));
  });

  it('is set again with other words', () => {
    given(templateDecider, wasSet('a')).when(set('b')).then(wasSet('b'));
  });

  it('stays as it is when it is set to what it is', () => {
    given(templateDecider, wasSet('a')).when(set('a')).thenNothing();
  });

  it('is removed, once', () => {
    given(templateDecider, wasSet('a')).when({ kind: 'remove' }).then(removed);
    given(templateDecider, wasSet('a'), removed).when({ kind: 'remove' }).thenNothing();
  });

  it('must have been there to be removed', () => {
    given(templateDecider).when({ kind: 'remove' }).thenProblem('mail_template_not_found');
  });

  it('is set anew after it was removed, even to the same words', () => {
    given(templateDecider, wasSet('a'), removed).when(set('a')).then(wasSet('a'));
  });

  it('holds the words that were set last, unless it was removed since', () => {
    const command = fc.oneof(
      fc.constantFrom('a', 'b').map(set),
      fc.constant<TemplateCommand>({ kind: 'remove' }),
    );
    fc.assert(
      fc.property(fc.array(command), (commands) => {
        let state = templateDecider.evolve(templateDecider.initial, wasSet('first'));
        for (const one of commands) {
          for (const event of templateDecider.decide(one, state, context))
            state = templateDecider.evolve(state, event);
          expect(state).toEqual(
            one.kind === 'set' ? { state: 'set', place, content: one.content } : { state: 'removed' },
          );
        }
      }),
    );
  });
});
