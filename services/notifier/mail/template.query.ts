import type { z } from 'zod';
import type { listTemplates, MailTemplateSummary } from '#contracts/mail/mail.rpc';
import { listPage } from '#readmodel/keyset';
import type { ReadModel } from '#readmodel/read-model';
import type { TemplateDocument } from './template.projection.ts';

const BY_PLACE = { field: 'place', descending: false } as const;

/** Lists the templates of a workspace by purpose, form and language, those for all of them first. */
export async function queryTemplates(
  model: ReadModel<TemplateDocument>,
  { caller: { workspace }, limit, cursor, minPosition }: z.infer<typeof listTemplates.request>,
  timeoutMs: number,
): Promise<z.infer<typeof listTemplates.response>> {
  const deadline = performance.now() + timeoutMs;
  const readModel = await model.waitFor(minPosition ?? undefined, timeoutMs);
  const conditions = { workspace };
  const { items, next } = await listPage(model, { conditions, sort: BY_PLACE, limit, cursor, deadline });
  return { items: items.map(summary), next, readModel };
}

function summary({
  id,
  purpose,
  form,
  language,
  subject,
  version,
  updatedAt,
  updatedBy,
}: TemplateDocument): MailTemplateSummary {
  return { id, purpose, form, language, subject, version, updatedAt, updatedBy };
}
