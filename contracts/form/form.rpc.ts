import { z } from 'zod';
import { Caller, CommandCaller, Committed, defineRpc, Freshness, Position } from '../rpc.ts';
import { FormDefinition } from './definition.ts';

/** A form's id: chosen by its author, part of addresses and of subjects. */
export const FormId = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'Must be lower-case letters, digits and inner hyphens, at most 63.',
  )
  .meta({
    description: 'Lower-case letters, digits and inner hyphens, at most 63',
    examples: ['consumer-complaint'],
  });

export const VersionNumber = z.int().positive();

const VersionSummary = z.object({
  number: VersionNumber,
  note: z.string(),
  publishedAt: z.iso.datetime(),
  publishedBy: z.string(),
  retired: z.boolean(),
});

export const Form = z.object({
  id: FormId,
  state: z.enum(['draft', 'published', 'retired']),
  /** Counts every change of the form; the ETag. Not the number of a published version. */
  version: z.int().positive(),
  title: z.string(),
  draft: FormDefinition,
  versions: z.array(VersionSummary),
  /** The newest version that takes submissions. */
  current: VersionNumber.nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** When, by whom and why the whole form was retired. */
  retired: z.object({ at: z.iso.datetime(), by: z.string(), reason: z.string() }).nullable(),
});
export type Form = z.infer<typeof Form>;

export const FormSummary = Form.omit({ draft: true, versions: true, retired: true });
export type FormSummary = z.infer<typeof FormSummary>;

export const PublishedVersion = VersionSummary.extend({ form: FormId, definition: FormDefinition });
export type PublishedVersion = z.infer<typeof PublishedVersion>;

const command = { caller: CommandCaller, form: FormId };
const FormCommitted = z.object({ form: Form, committed: Committed });
export type FormCommitted = z.infer<typeof FormCommitted>;

/** Definitions arrive as sent: `forms` answers with every error of their shape or, once that is right, of names and rules. */
const SentDefinition = z.unknown();

export const createForm = defineRpc({
  subject: 'rpc.forms.form.create',
  kind: 'command',
  request: z.object({ ...command, definition: SentDefinition, idempotencyKey: z.string().nullable() }),
  response: FormCommitted,
});

export const editDraft = defineRpc({
  subject: 'rpc.forms.form.editDraft',
  kind: 'command',
  request: z.object({ ...command, definition: SentDefinition, expectVersion: z.int().nullable() }),
  response: FormCommitted,
});

export const publishForm = defineRpc({
  subject: 'rpc.forms.form.publish',
  kind: 'command',
  request: z.object({
    ...command,
    note: z.string().max(2000),
    expectVersion: z.int().nullable(),
    idempotencyKey: z.string().nullable(),
  }),
  response: FormCommitted,
});

export const retireVersion = defineRpc({
  subject: 'rpc.forms.form.retireVersion',
  kind: 'command',
  request: z.object({
    ...command,
    number: VersionNumber,
    reason: z.string().max(2000),
    expectVersion: z.int().nullable(),
  }),
  response: FormCommitted,
});

export const retireForm = defineRpc({
  subject: 'rpc.forms.form.retire',
  kind: 'command',
  request: z.object({ ...command, reason: z.string().max(2000), expectVersion: z.int().nullable() }),
  response: FormCommitted,
});

export const getForm = defineRpc({
  subject: 'rpc.forms.form.get',
  kind: 'query',
  request: z.object({ caller: Caller, form: FormId }),
  response: z.object({ form: Form, position: Position }),
});

export const getVersion = defineRpc({
  subject: 'rpc.forms.form.getVersion',
  kind: 'query',
  request: z.object({ caller: Caller, form: FormId, number: VersionNumber }),
  response: PublishedVersion,
});

export const getAnswersSchema = defineRpc({
  subject: 'rpc.forms.form.getAnswersSchema',
  kind: 'query',
  request: z.object({ caller: Caller, form: FormId, number: VersionNumber }),
  response: z.record(z.string(), z.unknown()),
});

export const listForms = defineRpc({
  subject: 'rpc.forms.form.list',
  kind: 'query',
  request: z.object({
    caller: Caller,
    state: z.enum(['draft', 'published', 'retired']).nullable(),
    limit: z.int().min(1).max(200),
    cursor: z.string().nullable(),
    minPosition: Position.nullable(),
  }),
  response: z.object({ items: z.array(FormSummary), next: z.string().nullable(), readModel: Freshness }),
});
