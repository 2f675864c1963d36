import type { z } from 'zod';
import { Problem } from '#contracts/errors';
import type { getSubmission, listSubmissions, Submission } from '#contracts/submission/submission.rpc';
import type { ReadModel } from '#readmodel/read-model';
import type { FormCatalog } from '../form/form-catalog.ts';
import type { FormView } from '../form/form.view.ts';
import { keysetPage, pageOf, placeOf } from '#readmodel/keyset';
import { timeLeft } from '#readmodel/time-left';
import { planned } from './submission.filter.ts';
import { listableFields } from './submission.filter-fields.ts';
import type { SubmissionDocument } from './submission.projection.ts';

type Model = ReadModel<SubmissionDocument>;

/** @throws Problem `submission_not_found`, `form_not_found`, `erased`, and what the read model throws */
export async function queryOne(
  model: Model,
  forms: Pick<FormCatalog, 'current'>,
  { caller, form, submission, minPosition }: z.infer<typeof getSubmission.request>,
  timeoutMs: number,
): Promise<z.infer<typeof getSubmission.response>> {
  const deadline = performance.now() + timeoutMs;
  const readModel = await model.waitFor(minPosition ?? undefined, timeoutMs);
  const document = await findOne(model, { _id: submission, workspace: caller.workspace, form }, deadline);
  if (!document) {
    await forms.current(caller.workspace, form); // says so if it is the form that does not exist
    throw new Problem('submission_not_found');
  }
  return { submission: describe(document), readModel };
}

/** @throws Problem `bad_request` with everything that is wrong with filter and sort, `bad_cursor` */
export async function queryList(
  model: Model,
  form: FormView,
  { caller, where, sort, limit, cursor, count, minPosition }: z.infer<typeof listSubmissions.request>,
  timeoutMs: number,
): Promise<z.infer<typeof listSubmissions.response>> {
  const conditions = {
    workspace: caller.workspace,
    form: form.outline.id,
    state: 'submitted',
    ...planned({ where, sort }, listableFields(form)),
  };
  const deadline = performance.now() + timeoutMs;
  const readModel = await model.waitFor(minPosition ?? undefined, timeoutMs);
  const find = (id: string): Promise<SubmissionDocument | undefined> =>
    findOne(model, { _id: id, workspace: caller.workspace, form: form.outline.id }, deadline);
  const after = cursor === null ? null : await placeOf(cursor, sort, find);
  const page = keysetPage({ conditions, sort, limit, after });
  const [documents, total] = await Promise.all([
    model.find(page.filter, { sort: page.sort, limit: page.fetch, maxTimeMs: timeLeft(deadline) }),
    count ? model.count(conditions, { maxTimeMs: timeLeft(deadline) }) : undefined,
  ]);
  const { items, next } = pageOf(page, documents);
  return { items: items.map(describe), next, readModel, ...(total === undefined ? {} : { total }) };
}

async function findOne(
  model: Model,
  place: Pick<SubmissionDocument, '_id' | 'workspace' | 'form'>,
  deadline: number,
): Promise<SubmissionDocument | undefined> {
  const [document] = await model.find(place, { limit: 1, maxTimeMs: timeLeft(deadline) });
  return document;
}

function describe(document: SubmissionDocument): Submission {
  const { _id, form, formVersion, state, version, answers, submittedAt, submittedBy, updatedAt } = document;
  if (state === 'erased') throw new Problem('erased');
  return { id: _id, form, formVersion, state, version, answers, submittedAt, submittedBy, updatedAt };
}
