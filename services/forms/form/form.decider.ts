import type { FormDefinition } from '#contracts/form/definition';
import { Problem } from '#contracts/errors';
import { newEvent, type EventOf } from '#contracts/event';
import {
  formCreatedV1,
  formDraftEditedV1,
  formRetiredV1,
  formVersionPublishedV1,
  formVersionRetiredV1,
  type Idempotency,
} from '#contracts/form/form.events';
import type { Decider } from '#eventing/decider';
import { compileForm } from '#logic/compile';
import { digest } from '#security/digest';

export type FormCommand =
  | { readonly kind: 'create'; readonly definition: FormDefinition; readonly idempotency: Idempotency | null }
  | { readonly kind: 'editDraft'; readonly definition: FormDefinition }
  | { readonly kind: 'publish'; readonly note: string; readonly idempotency: Idempotency | null }
  | { readonly kind: 'retireVersion'; readonly number: number; readonly reason: string }
  | { readonly kind: 'retire'; readonly reason: string };

export type FormEvent =
  | EventOf<typeof formCreatedV1>
  | EventOf<typeof formDraftEditedV1>
  | EventOf<typeof formVersionPublishedV1>
  | EventOf<typeof formVersionRetiredV1>
  | EventOf<typeof formRetiredV1>;

interface Version {
  readonly number: number;
  readonly definition: FormDefinition;
  readonly retired: boolean;
  readonly idempotency: Idempotency | null;
}

export type FormState =
  | { readonly exists: false }
  | {
      readonly exists: true;
      readonly draft: FormDefinition;
      readonly createdBy: Idempotency | null;
      readonly versions: readonly Version[];
      readonly retired: boolean;
    };

type ExistingForm = Extract<FormState, { exists: true }>;

/** What a form lets happen to itself: draft, published versions that never change, retirement. */
export const formDecider: Decider<FormCommand, FormState, FormEvent> = {
  initial: { exists: false },

  decide(command, state) {
    if (command.kind === 'create') return create(command, state);
    if (!state.exists) throw new Problem('form_not_found');
    switch (command.kind) {
      case 'editDraft':
        return editDraft(command.definition, state);
      case 'publish':
        return publish(command, state);
      case 'retireVersion':
        return retireVersion(command, state);
      case 'retire':
        return state.retired ? [] : [newEvent(formRetiredV1, { reason: command.reason })];
    }
  },

  evolve(state, event) {
    if (event.type === 'formbus.form.created.v1') {
      const { definition, idempotency } = event.data;
      return { exists: true, draft: definition, createdBy: idempotency, versions: [], retired: false };
    }
    if (!state.exists) throw new Error(`${event.type} on a form that was not created`);
    switch (event.type) {
      case 'formbus.form.draftEdited.v1':
        return { ...state, draft: event.data.definition };
      case 'formbus.form.versionPublished.v1':
        return { ...state, versions: [...state.versions, { ...event.data, retired: false }] };
      case 'formbus.form.versionRetired.v1': {
        const { number } = event.data;
        return {
          ...state,
          versions: state.versions.map((v) => (v.number === number ? { ...v, retired: true } : v)),
        };
      }
      case 'formbus.form.retired.v1':
        return { ...state, retired: true };
    }
  },
};

function create(command: Extract<FormCommand, { kind: 'create' }>, state: FormState): FormEvent[] {
  if (!state.exists) {
    return [newEvent(formCreatedV1, { definition: command.definition, idempotency: command.idempotency })];
  }
  if (isRepeat(command.idempotency, state.createdBy)) return [];
  throw new Problem('form_exists');
}

function editDraft(definition: FormDefinition, state: ExistingForm): FormEvent[] {
  refuseRetired(state);
  return digest(definition) === digest(state.draft) ? [] : [newEvent(formDraftEditedV1, { definition })];
}

function publish(command: Extract<FormCommand, { kind: 'publish' }>, state: ExistingForm): FormEvent[] {
  const repeated = state.versions.some((version) => isRepeat(command.idempotency, version.idempotency));
  if (repeated) return [];
  refuseRetired(state);
  const last = state.versions.at(-1);
  if (last && !last.retired && digest(last.definition) === digest(state.draft)) {
    throw new Problem('form_has_no_draft_change', `the draft equals version ${last.number}`);
  }
  // It was checked when it was drafted, perhaps by a release that knew less.
  const compiled = compileForm(state.draft);
  if (!compiled.ok) throw new Problem('invalid_definition', undefined, { errors: compiled.errors });
  return [
    newEvent(formVersionPublishedV1, {
      number: (last?.number ?? 0) + 1,
      definition: state.draft,
      note: command.note,
      idempotency: command.idempotency,
    }),
  ];
}

function retireVersion(
  command: Extract<FormCommand, { kind: 'retireVersion' }>,
  state: ExistingForm,
): FormEvent[] {
  const version = state.versions.find(({ number }) => number === command.number);
  if (!version) throw new Problem('version_not_found', `the form has no version ${command.number}`);
  if (version.retired) return [];
  return [newEvent(formVersionRetiredV1, { number: command.number, reason: command.reason })];
}

function refuseRetired(state: ExistingForm): void {
  if (state.retired) throw new Problem('form_retired', 'a retired form can no longer be changed');
}

/** Whether the request was served before; the same key with another body is an error of the caller. */
function isRepeat(sent: Idempotency | null, stored: Idempotency | null): boolean {
  if (sent === null || stored === null || sent.key !== stored.key) return false;
  if (sent.request === stored.request) return true;
  throw new Problem('idempotency_key_reused');
}
