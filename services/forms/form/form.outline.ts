import type { FormDefinition } from '#contracts/form/definition';
import type { Form } from '#contracts/form/form.rpc';
import type { StoredEvent } from '#eventing/stored-event';
import type { FormEvent } from './form.decider.ts';

/** A form without what the log alone holds: what lists show, and what the read model holds. */
export type FormOutline = Omit<Form, 'draft' | 'retired'>;

/** An event of a form, as it lies in the log. */
export type StoredFormEvent = StoredEvent & FormEvent;

/** Folds one event onto the outline; pure. */
export function foldOutline(outline: FormOutline | undefined, event: StoredFormEvent): FormOutline {
  if (event.type === 'formbus.form.created.v1') return created(event, event.data.definition);
  if (!outline) throw new Error(`${event.type} at ${event.position} on a form that was not created`);
  const touched: FormOutline = { ...outline, version: event.version, updatedAt: event.time };
  switch (event.type) {
    case 'formbus.form.draftEdited.v1':
      return { ...touched, title: titleOf(event.data.definition) };
    case 'formbus.form.versionPublished.v1': {
      const { number, note } = event.data;
      const version = { number, note, publishedAt: event.time, publishedBy: event.actor, retired: false };
      return withState({ ...touched, versions: [...touched.versions, version] });
    }
    case 'formbus.form.versionRetired.v1': {
      const { number } = event.data;
      return withState({
        ...touched,
        versions: touched.versions.map((v) => (v.number === number ? { ...v, retired: true } : v)),
      });
    }
    case 'formbus.form.retired.v1':
      return { ...touched, state: 'retired', current: null };
  }
}

function created(event: StoredFormEvent, definition: FormDefinition): FormOutline {
  return {
    id: formIdOf(event.subject),
    state: 'draft',
    version: event.version,
    title: titleOf(definition),
    versions: [],
    current: null,
    createdAt: event.time,
    updatedAt: event.time,
  };
}

/** The state and the current version follow from the versions, unless the whole form was retired. */
function withState(outline: FormOutline): FormOutline {
  if (outline.state === 'retired') return outline;
  const current = outline.versions.findLast((version) => !version.retired)?.number ?? null;
  return { ...outline, state: 'published', current };
}

/** `evt.<workspace>.form.<form>` */
function formIdOf(subject: string): string {
  const id = subject.split('.')[3];
  if (id === undefined) throw new Error(`not the subject of a form: ${subject}`);
  return id;
}

/** The title in the first language that the definition gives. */
function titleOf({ title }: FormDefinition): string {
  return typeof title === 'string' ? title : (Object.values(title)[0] ?? '');
}
