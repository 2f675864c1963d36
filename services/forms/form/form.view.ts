import type { FormDefinition } from '#contracts/form/definition';
import type { Form, PublishedVersion } from '#contracts/form/form.rpc';
import { foldOutline, type FormOutline, type StoredFormEvent } from './form.outline.ts';

/** A form as its readers see it: the outline, and what the log alone holds. */
export interface FormView {
  readonly outline: FormOutline;
  readonly draft: FormDefinition;
  readonly definitions: ReadonlyMap<number, FormDefinition>;
  readonly retired: Form['retired'];
}

/** Folds one event onto the view; pure. */
export function foldForm(view: FormView | undefined, event: StoredFormEvent): FormView {
  const outline = foldOutline(view?.outline, event);
  if (event.type === 'formbus.form.created.v1') {
    return { outline, draft: event.data.definition, definitions: new Map(), retired: null };
  }
  if (!view) throw new Error(`${event.type} at ${event.position} on a form that was not created`);
  switch (event.type) {
    case 'formbus.form.draftEdited.v1':
      return { ...view, outline, draft: event.data.definition };
    case 'formbus.form.versionPublished.v1': {
      const { number, definition } = event.data;
      return { ...view, outline, definitions: new Map(view.definitions).set(number, definition) };
    }
    case 'formbus.form.versionRetired.v1':
      return { ...view, outline };
    case 'formbus.form.retired.v1':
      return { ...view, outline, retired: { at: event.time, by: event.actor, reason: event.data.reason } };
  }
}

export const asForm = ({ outline, draft, retired }: FormView): Form => ({ ...outline, draft, retired });

export function asPublishedVersion(view: FormView, number: number): PublishedVersion | undefined {
  const version = view.outline.versions.find((candidate) => candidate.number === number);
  const definition = view.definitions.get(number);
  return version && definition && { ...version, form: view.outline.id, definition };
}
