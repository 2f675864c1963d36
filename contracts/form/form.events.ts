import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { FormDefinition } from './definition.ts';

/** Hashes that tell a repeated request from another one that used the same key. */
export const Idempotency = z.object({
  /** Hash of workspace, principal, operation and Idempotency-Key. */
  key: z.string(),
  /** Hash of the canonical request body. */
  request: z.string(),
});
export type Idempotency = z.infer<typeof Idempotency>;

export const formCreatedV1 = defineEvent({
  name: 'formbus.form.created',
  version: 1,
  family: 'form',
  summary: 'A form exists as a draft; it takes no submissions yet.',
  data: z.object({ definition: FormDefinition, idempotency: Idempotency.nullable() }),
});

export const formDraftEditedV1 = defineEvent({
  name: 'formbus.form.draftEdited',
  version: 1,
  family: 'form',
  summary: 'The draft of the form was replaced; published versions are untouched.',
  data: z.object({ definition: FormDefinition }),
});

export const formVersionPublishedV1 = defineEvent({
  name: 'formbus.form.versionPublished',
  version: 1,
  family: 'form',
  summary: 'The draft became the immutable, numbered version that new submissions are made to.',
  data: z.object({
    number: z.int().positive(),
    definition: FormDefinition,
    note: z.string().max(2000),
    idempotency: Idempotency.nullable(),
  }),
});

export const formVersionRetiredV1 = defineEvent({
  name: 'formbus.form.versionRetired',
  version: 1,
  family: 'form',
  summary: 'One version takes no new submissions; those made to it stay.',
  data: z.object({ number: z.int().positive(), reason: z.string().max(2000) }),
});

export const formRetiredV1 = defineEvent({
  name: 'formbus.form.retired',
  version: 1,
  family: 'form',
  summary: 'No version of the form takes new submissions any more; those made to it stay.',
  data: z.object({ reason: z.string().max(2000) }),
});
