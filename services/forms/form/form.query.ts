import type { z } from 'zod';
import type { FormSummary, listForms } from '#contracts/form/form.rpc';
import type { ReadModel } from '#readmodel/read-model';
import { listPage } from '#readmodel/keyset';
import type { FormDocument } from './form.projection.ts';

type Request = z.infer<typeof listForms.request>;
type Response = z.infer<typeof listForms.response>;

const LATEST_FIRST = { field: 'updatedAt', descending: true } as const;

/** Lists the forms of a workspace, the one changed last first. */
export async function queryForms(
  model: ReadModel<FormDocument>,
  request: Request,
  timeoutMs: number,
): Promise<Response> {
  const deadline = performance.now() + timeoutMs;
  const readModel = await model.waitFor(request.minPosition ?? undefined, timeoutMs);
  const conditions = {
    workspace: request.caller.workspace,
    ...(request.state === null ? {} : { state: request.state }),
  };
  const { limit, cursor } = request;
  const { items, next } = await listPage(model, { conditions, sort: LATEST_FIRST, limit, cursor, deadline });
  return { items: items.map(summary), next, readModel };
}

function summary(document: FormDocument): FormSummary {
  const { id, state, version, title, current, createdAt, updatedAt } = document;
  return { id, state, version, title, current, createdAt, updatedAt };
}
