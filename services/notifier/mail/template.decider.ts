import { Problem } from '#contracts/errors';
import { newEvent, type EventOf } from '#contracts/event';
import {
  mailTemplateRemovedV1,
  mailTemplateSetV1,
  type TemplateContent,
  type TemplatePlace,
} from '#contracts/mail/mail.events';
import type { Decider } from '#eventing/decider';
import { digest } from '#security/digest';

export type TemplateCommand =
  | { readonly kind: 'set'; readonly place: TemplatePlace; readonly content: TemplateContent }
  | { readonly kind: 'remove' };

export type TemplateEvent = EventOf<typeof mailTemplateSetV1> | EventOf<typeof mailTemplateRemovedV1>;

export type TemplateState =
  | { readonly state: 'none' }
  | { readonly state: 'set'; readonly place: TemplatePlace; readonly content: TemplateContent }
  | { readonly state: 'removed' };

/** The wording of one place: set, set again, removed, set anew. What is so already changes nothing. */
export const templateDecider: Decider<TemplateCommand, TemplateState, TemplateEvent> = {
  initial: { state: 'none' },

  decide(command, state) {
    switch (command.kind) {
      case 'set': {
        const { place, content } = command;
        const same = state.state === 'set' && digest(state.content) === digest(content);
        return same ? [] : [newEvent(mailTemplateSetV1, { ...place, ...content })];
      }
      case 'remove':
        if (state.state === 'none') throw new Problem('mail_template_not_found');
        return state.state === 'removed' ? [] : [newEvent(mailTemplateRemovedV1, state.place)];
    }
  },

  evolve(_state, event) {
    switch (event.type) {
      case 'formbus.mail.templateSet.v1': {
        const { purpose, form, language, subject, text, html } = event.data;
        return { state: 'set', place: { purpose, form, language }, content: { subject, text, html } };
      }
      case 'formbus.mail.templateRemoved.v1':
        return { state: 'removed' };
    }
  },
};
