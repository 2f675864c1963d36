import { describe, expect, it } from '@jest/globals';
import { newEvent } from '#contracts/event';
import { formCreatedV1, formRetiredV1 } from '#contracts/form/form.events';
import type { FormEvent } from './form.decider.ts';
import type { StoredFormEvent } from './form.outline.ts';
import { asForm, foldForm, type FormView } from './form.view.ts';

const definition = { title: 'First', pages: [{ fields: [{ type: 'text' as const, name: 'name' }] }] };
const created = newEvent(formCreatedV1, { definition, idempotency: null });
const retired = newEvent(formRetiredV1, { reason: 'moved' });

function formOf(...events: FormEvent[]): ReturnType<typeof asForm> {
  const view = events
    .map(
      (event, i) =>
        ({
          ...event,
          subject: 'evt.acme.form.first',
          version: i + 1,
          time: `2030-01-0${i + 1}T00:00:00.000Z`,
          actor: 'key:abcdEF12',
        }) as StoredFormEvent,
    )
    .reduce<FormView | undefined>(foldForm, undefined);
  if (!view) throw new Error('a form has at least one event');
  return asForm(view);
}

describe('a form as its readers see it', () => {
  it('says when, by whom and why it was retired', () => {
    expect(formOf(created)).toMatchObject({ state: 'draft', retired: null });
    expect(formOf(created, retired)).toMatchObject({
      state: 'retired',
      retired: { at: '2030-01-02T00:00:00.000Z', by: 'key:abcdEF12', reason: 'moved' },
    });
  });
});
