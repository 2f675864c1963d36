import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FormDefinition } from '#contracts/form/definition';
import { Problem } from '#contracts/errors';
import { newEvent } from '#contracts/event';
import {
  formCreatedV1,
  formDraftEditedV1,
  formRetiredV1,
  formVersionPublishedV1,
  formVersionRetiredV1,
} from '#contracts/form/form.events';
import { context, given } from '#tools/testing/given';
import { formDecider, type FormCommand, type FormEvent } from './form.decider.ts';

const titled = (title: string): FormDefinition => ({
  title,
  pages: [{ fields: [{ type: 'text', name: 'name' }] }],
});
const broken: FormDefinition = {
  title: 'Broken',
  pages: [{ fields: [{ type: 'text', name: 'name', visible: 'nobody == "x"' }] }],
};
const first = titled('First');
const second = titled('Second');
const key = { key: 'k1', request: 'r1' };

const created = newEvent(formCreatedV1, { definition: first, idempotency: null });
const edited = newEvent(formDraftEditedV1, { definition: second });
const published = (number: number, definition = first, idempotency: typeof key | null = null): FormEvent =>
  newEvent(formVersionPublishedV1, { number, definition, note: '', idempotency });
const versionRetired = (number: number): FormEvent => newEvent(formVersionRetiredV1, { number, reason: '' });
const retired = newEvent(formRetiredV1, { reason: '' });

const create: FormCommand = { kind: 'create', definition: first, idempotency: null };
const publish: FormCommand = { kind: 'publish', note: '', idempotency: null };

describe('a form', () => {
  it('is created as a draft', () => {
    given(formDecider).when(create).then(created);
  });

  it('is not created twice under one id', () => {
    given(formDecider, created).when(create).thenProblem('form_exists');
  });

  it('answers a repeat of its creation with nothing new', () => {
    given(formDecider, newEvent(formCreatedV1, { definition: first, idempotency: key }))
      .when({ ...create, idempotency: key })
      .thenNothing();
  });

  it('refuses another creation under the same idempotency key', () => {
    given(formDecider, newEvent(formCreatedV1, { definition: first, idempotency: key }))
      .when({ ...create, idempotency: { ...key, request: 'r2' } })
      .thenProblem('idempotency_key_reused');
  });

  it.each<FormCommand>([
    { kind: 'editDraft', definition: first },
    publish,
    { kind: 'retire', reason: '' },
    { kind: 'retireVersion', number: 1, reason: '' },
  ])('must exist before $kind', (command) => {
    given(formDecider).when(command).thenProblem('form_not_found');
  });

  it('takes a new draft', () => {
    given(formDecider, created).when({ kind: 'editDraft', definition: second }).then(edited);
  });

  it('does nothing for the draft that it has', () => {
    given(formDecider, created)
      .when({ kind: 'editDraft', definition: titled('First') })
      .thenNothing();
  });
});

describe('publishing', () => {
  it('gives the draft the next number', () => {
    given(formDecider, created).when(publish).then(published(1));
    given(formDecider, created, published(1), edited).when(publish).then(published(2, second));
  });

  it('refuses a draft that equals the version before', () => {
    given(formDecider, created, published(1)).when(publish).thenProblem('form_has_no_draft_change');
  });

  it('takes the same draft again after that version was retired', () => {
    given(formDecider, created, published(1), versionRetired(1)).when(publish).then(published(2));
  });

  it('refuses a draft with a broken rule and names it', () => {
    const problem = given(formDecider, newEvent(formCreatedV1, { definition: broken, idempotency: null }))
      .when(publish)
      .thenProblem('invalid_definition');
    expect(problem.errors[0]?.path).toBe('/pages/0/fields/0/visible');
  });

  it('is done once for a repeated request, also after the next version', () => {
    given(formDecider, created, published(1, first, key), edited, published(2, second))
      .when({ ...publish, idempotency: key })
      .thenNothing();
  });
});

describe('retiring', () => {
  it('retires one version once', () => {
    const retire: FormCommand = { kind: 'retireVersion', number: 1, reason: '' };
    given(formDecider, created, published(1)).when(retire).then(versionRetired(1));
    given(formDecider, created, published(1), versionRetired(1)).when(retire).thenNothing();
  });

  it('names a version that is not there', () => {
    given(formDecider, created, published(1))
      .when({ kind: 'retireVersion', number: 2, reason: '' })
      .thenProblem('version_not_found');
  });

  it('ends the form: no draft, no version, and nothing when it is repeated', () => {
    given(formDecider, created).when({ kind: 'retire', reason: '' }).then(retired);
    given(formDecider, created, retired).when({ kind: 'retire', reason: '' }).thenNothing();
    given(formDecider, created, retired)
      .when({ kind: 'editDraft', definition: second })
      .thenProblem('form_retired');
    given(formDecider, created, retired).when(publish).thenProblem('form_retired');
  });
});

describe('any history of commands', () => {
  const commands = fc.array(
    fc.oneof(
      fc.constant<FormCommand>(create),
      fc
        .constantFrom('A', 'B', 'C')
        .map((title): FormCommand => ({ kind: 'editDraft', definition: titled(title) })),
      fc.constant<FormCommand>(publish),
      fc
        .integer({ min: 1, max: 4 })
        .map((number): FormCommand => ({ kind: 'retireVersion', number, reason: '' })),
    ),
    { maxLength: 30 },
  );

  it('numbers versions 1, 2, 3 and never changes a published definition', () => {
    fc.assert(
      fc.property(commands, (history) => {
        let state = formDecider.initial;
        const definitions = new Map<number, FormDefinition>();
        for (const command of history) {
          for (const event of attempt(command, state)) {
            state = formDecider.evolve(state, event);
            if (event.type === 'formbus.form.versionPublished.v1') {
              expect(event.data.number).toBe(definitions.size + 1);
              definitions.set(event.data.number, event.data.definition);
            }
          }
        }
        if (!state.exists) return;
        expect(new Map(state.versions.map(({ number, definition }) => [number, definition]))).toEqual(
          definitions,
        );
      }),
    );
  });
});

/** What a command brings about; a refusal brings nothing. */
function attempt(command: FormCommand, state: typeof formDecider.initial): readonly FormEvent[] {
  try {
    return formDecider.decide(command, state, context);
  } catch (error) {
    if (error instanceof Problem) return [];
    throw error;
  }
}
