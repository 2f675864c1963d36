import { z } from 'zod';
import { FormId, VersionNumber } from '../form/form.rpc.ts';
import { Caller, CommandCaller, Committed, defineRpc, Freshness, Position } from '../rpc.ts';
import { Answers } from './submission.events.ts';

export const SubmissionId = z.uuid();

/** What the submitter learns: nothing of the read model is needed to say it. */
export const Receipt = z.object({
  id: SubmissionId,
  form: FormId,
  formVersion: VersionNumber,
  state: z.literal('submitted'),
  submittedAt: z.iso.datetime(),
  dropped: z.array(z.string()).meta({
    description: 'Fields whose answers were left out, since the form does not show them for these answers',
  }),
});
export type Receipt = z.infer<typeof Receipt>;

export const Submission = z.object({
  id: SubmissionId,
  form: FormId,
  formVersion: VersionNumber,
  state: z.enum(['submitted']),
  version: z
    .int()
    .positive()
    .meta({ description: 'Counts every change of the submission; the ETag. Not the version of the form' }),
  answers: Answers.meta({
    description:
      'By field name, in normal form: instants in UTC, chosen values in the order of the choices; what is not answered is left out',
  }),
  submittedAt: z.iso.datetime(),
  submittedBy: z.string(),
  updatedAt: z.iso.datetime(),
});
export type Submission = z.infer<typeof Submission>;

export const HistoryEntry = z.object({
  version: z.int().positive(),
  type: z.string(),
  time: z.iso.datetime(),
  actor: z.string(),
  correlation: z.string(),
  position: Position,
  data: z.record(z.string(), z.unknown()),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** `submittedAt`, `formVersion`, ..., or `answers.<field>`. */
const ListField = z
  .string()
  .max(130, 'The field must be at most 130 characters.')
  .regex(
    /^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?$/,
    'The field must be submittedAt, updatedAt, submittedBy, formVersion or answers.<name>; one inside groups has its name alone.',
  );

const OPERATORS = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'exists'] as const;

/** One condition of a list; a list holds what satisfies all of them. */
export const Condition = z.object({
  field: ListField,
  op: z.enum(OPERATORS, `The operator must be one of ${OPERATORS.join(', ')}.`),
  value: z.string().max(2000, 'The value must be at most 2000 characters.'),
});
export type Condition = z.infer<typeof Condition>;

export const SortOrder = z.object({ field: ListField, descending: z.boolean() });
export type SortOrder = z.infer<typeof SortOrder>;

export const submit = defineRpc({
  subject: 'rpc.forms.submission.submit',
  kind: 'command',
  request: z.object({
    caller: CommandCaller,
    form: FormId,
    /** The version to answer; null for the newest that takes submissions. */
    formVersion: VersionNumber.nullable(),
    /** As sent: the form's own rules check them, and name every problem. */
    answers: z.record(z.string(), z.unknown()),
    /** The submitter's language, a BCP 47 tag: of the problems' messages, and of what is written to them. */
    locale: z.string().max(35).nullable(),
    idempotencyKey: z.string().nullable(),
  }),
  response: z.object({ receipt: Receipt, committed: Committed }),
});

export const getSubmission = defineRpc({
  subject: 'rpc.forms.submission.get',
  kind: 'query',
  request: z.object({
    caller: Caller,
    form: FormId,
    submission: SubmissionId,
    minPosition: Position.nullable(),
  }),
  response: z.object({ submission: Submission, readModel: Freshness }),
});

export const listSubmissions = defineRpc({
  subject: 'rpc.forms.submission.list',
  kind: 'query',
  request: z.object({
    caller: Caller,
    form: FormId,
    where: z.array(Condition).max(20),
    sort: SortOrder,
    limit: z.int().min(1).max(200),
    cursor: z.string().max(4000).nullable(),
    count: z.boolean(),
    minPosition: Position.nullable(),
  }),
  response: z.object({
    items: z.array(Submission),
    next: z.string().nullable(),
    /** How many satisfy the conditions on all pages; only when asked for. */
    total: z.int().nonnegative().optional(),
    readModel: Freshness,
  }),
});

export const getHistory = defineRpc({
  subject: 'rpc.forms.submission.history',
  kind: 'query',
  request: z.object({ caller: Caller, form: FormId, submission: SubmissionId }),
  response: z.object({ items: z.array(HistoryEntry), position: Position }),
});

/** An event of a submission as it may be told to others. */
export const Disclosure = z.object({
  /** The full type, of the version that readers get. */
  type: z.string(),
  time: z.iso.datetime(),
  /** The submission's version after the event. */
  version: z.int().positive(),
  actor: z.string(),
  form: FormId,
  formVersion: VersionNumber,
  submission: SubmissionId,
  /** Of the fields that the form's version does not call `sensitive`; none of an erased submission. */
  answers: Answers,
  dropped: z.array(z.string()),
  /** The submitter's language, a BCP 47 tag, where it is known. */
  locale: z.string().nullable(),
  /** Whether the submission was erased: nothing of its answers is left. */
  erased: z.boolean(),
});
export type Disclosure = z.infer<typeof Disclosure>;

/** The answers that a submitter gets by mail, as people read them. */
export const ReceiptLetter = z.object({
  /** The answer to the e-mail field that the form's `receipt` names. */
  to: z.string(),
  /** What it is written in: the submitter's language where it is known, else the form's. */
  language: z.string(),
  form: FormId,
  formVersion: VersionNumber,
  submission: SubmissionId,
  submittedAt: z.iso.datetime(),
  /** Of the form. */
  title: z.string(),
  /** What was answered, in the order of the form, without what is `sensitive`. */
  answers: z.array(z.object({ name: z.string(), label: z.string(), answer: z.string() })),
});
export type ReceiptLetter = z.infer<typeof ReceiptLetter>;

const EventPlace = z.object({
  workspace: z.string(),
  /** Of an event of a submission of that workspace. */
  position: Position,
});

/**
 * For services that tell others of an event. No person asks, so there is no caller: it shows what leaves Formbus, and
 * only to a service that was told the event by the log.
 *
 * Problems: `submission_not_found` when no event of a submission of the workspace lies there, `bad_position`.
 */
export const discloseEvent = defineRpc({
  subject: 'rpc.forms.submission.disclose',
  kind: 'query',
  request: EventPlace,
  response: Disclosure,
});

/** For the service that sends mail, of the event by which it was submitted; the same problems. */
export const writeReceipt = defineRpc({
  subject: 'rpc.forms.submission.writeReceipt',
  kind: 'query',
  request: EventPlace,
  response: z.object({
    /** Null when there is none to send: the form asks for none, the address was not given, the submission was erased. */
    letter: ReceiptLetter.nullable(),
  }),
});
