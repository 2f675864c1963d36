import fastify, { type FastifyInstance } from 'fastify';
import type { Connection } from 'mongoose';
import { v7 as uuid } from 'uuid';
import { Problem } from '#contracts/errors';
import type { CompiledForm } from '#logic/form';
import { validateAnswers } from '#logic/validate';
import { digest } from '#security/digest';
import { authentication, type Caller } from './authentication.ts';
import { modelsOf, type Models } from './documents.ts';
import { answerProblem, RECEIPT_SCHEMA, SUBMIT_SCHEMA, type SubmitBody } from './http.ts';

export interface CrudOptions {
  readonly connection: Connection;
  /** The one form that it takes submissions to. */
  readonly form: { readonly id: string; readonly compiled: CompiledForm };
  /**
   * `same`: what Formbus promises of a submission: a repeat of a request gives the same answer and changes nothing,
   * another request with the same key is refused, and every change can be read back. `bare`: neither.
   */
  readonly promises: 'same' | 'bare';
}

interface Written {
  readonly id: string;
  readonly at: Date;
  readonly replayed: boolean;
}

/**
 * What a team would write instead of Formbus: one service that stores submissions in MongoDB and reads them from
 * there. It checks keys and answers by the same code as Formbus, and answers in the same shape.
 */
export async function crudApp({ connection, form, promises }: CrudOptions): Promise<FastifyInstance> {
  const models = modelsOf(connection);
  await Promise.all(Object.values(models).map((model) => model.init()));
  const authenticate = authentication(models);
  const app = fastify({ logger: false, bodyLimit: 1024 * 1024, requestIdHeader: 'x-request-id' });
  app.setErrorHandler(answerProblem);
  app.post<{ Params: { form: string }; Body: SubmitBody }>(
    '/v1/forms/:form/submissions',
    { schema: { body: SUBMIT_SCHEMA, response: { 201: RECEIPT_SCHEMA } } },
    async (request, reply) => {
      const caller = await authenticate(request.headers.authorization);
      if (request.params.form !== form.id) throw new Problem('form_not_found');
      const now = new Date();
      const { answers, dropped, problems } = validateAnswers(form.compiled, request.body.answers, { now });
      if (problems.length > 0) throw new Problem('invalid_answers', undefined, { errors: problems });
      const key = request.headers['idempotency-key'];
      const submission = { caller, form: form.id, answers, at: now };
      const written =
        promises === 'same' && typeof key === 'string'
          ? await writeOnce(models, submission, key, digest(request.body))
          : await writeBare(models, submission);
      void reply
        .code(201)
        .header('location', `/v1/forms/${form.id}/submissions/${written.id}`)
        .header('etag', '"1"');
      if (written.replayed) void reply.header('idempotency-replayed', 'true');
      return {
        id: written.id,
        form: form.id,
        formVersion: 1,
        state: 'submitted',
        submittedAt: written.at.toISOString(),
        dropped,
      };
    },
  );
  return app;
}

interface NewSubmission {
  readonly caller: Caller;
  readonly form: string;
  readonly answers: unknown;
  readonly at: Date;
}

async function writeBare({ Submission }: Models, submission: NewSubmission): Promise<Written> {
  const id = uuid();
  await Submission.create(documentOf(id, submission));
  return { id, at: submission.at, replayed: false };
}

/**
 * The record of the key comes first and names the submission: of two requests at once only one can insert it, and
 * whoever repeats a request that broke off in between finds it, and finishes the work under the same ids.
 */
async function writeOnce(
  models: Models,
  submission: NewSubmission,
  key: string,
  request: string,
): Promise<Written> {
  const _id = `${submission.caller.workspace}:${submission.caller.key}:${submission.form}:${key}`;
  const record = { _id, request, submission: uuid(), at: submission.at };
  const known = (await models.Idempotency.findById(_id).lean()) ?? (await insertedBefore(models, record));
  if (!known) {
    await writeBoth(models, record.submission, submission);
    return { id: record.submission, at: submission.at, replayed: false };
  }
  if (known.request !== request) throw new Problem('idempotency_key_reused');
  const { submission: id, at } = known;
  const written = { id, at, replayed: true };
  if (await models.History.exists({ _id: `${id}.1` })) return written;
  await writeBoth(models, id, { ...submission, at }).catch(unlessDuplicate);
  return written;
}

/** Inserts the record of a key, or gives the one that was there before. */
async function insertedBefore(
  { Idempotency }: Models,
  record: { _id: string; request: string; submission: string; at: Date },
) {
  try {
    await Idempotency.create(record);
    return null;
  } catch (error) {
    unlessDuplicate(error);
    return Idempotency.findById(record._id).lean();
  }
}

async function writeBoth(
  { Submission, History }: Models,
  id: string,
  submission: NewSubmission,
): Promise<void> {
  const { at, answers, caller } = submission;
  await Promise.all([
    Submission.create(documentOf(id, submission)),
    History.create({ _id: `${id}.1`, version: 1, type: 'submitted', time: at, actor: caller.actor, answers }),
  ]);
}

function documentOf(id: string, { caller, form, answers, at }: NewSubmission) {
  return {
    _id: id,
    workspace: caller.workspace,
    form,
    formVersion: 1,
    state: 'submitted',
    version: 1,
    answers,
    submittedAt: at,
    submittedBy: caller.actor,
    updatedAt: at,
  };
}

const DUPLICATE_KEY = 11000;

function unlessDuplicate(error: unknown): void {
  if ((error as { code?: unknown }).code !== DUPLICATE_KEY) throw error;
}
