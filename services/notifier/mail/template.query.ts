import type { z } from 'zod';
import type { listTemplates, MailTemplateSummary } from '#contracts/mail/mail.rpc';
import { keysetPage, pageOf, placeOf } from '#readmodel/keyset';
import type { ReadModel } from '#readmodel/read-model';
import { timeLeft } from '#readmodel/time-left';
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
  // Places are short enough for every cursor to hold them.
  const after = cursor === null ? null : await placeOf(cursor, BY_PLACE, () => Promise.resolve(undefined));
  const page = keysetPage({ conditions: { workspace }, sort: BY_PLACE, limit, after });
  const documents = await model.find(page.filter, {
    sort: page.sort,
    limit: page.fetch,
    maxTimeMs: timeLeft(deadline),
  });
  const { items, next } = pageOf(page, documents);
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
