import type { z } from 'zod';
import { Problem } from '#contracts/errors';
import { subjects } from '#contracts/subjects';
import type { getHistory, HistoryEntry } from '#contracts/submission/submission.rpc';
import type { EventLog } from '#eventing/event-log';
import type { StoredEvent } from '#eventing/stored-event';
import type { FormCatalog } from '../form/form-catalog.ts';

/** Fields of events that are the log's own business, and say nothing to readers. */
const INTERNAL = new Set(['requestMac']);

/**
 * Everything that happened to one submission, from the log itself: it needs no read model and is never behind.
 * @throws Problem `submission_not_found`, `form_not_found`, `erased`
 */
export async function queryHistory(
  log: EventLog,
  forms: Pick<FormCatalog, 'current'>,
  { caller, form, submission }: z.infer<typeof getHistory.request>,
): Promise<z.infer<typeof getHistory.response>> {
  const events = await log.read(subjects.submission(caller.workspace, form, submission));
  const last = events.at(-1);
  if (!last) {
    await forms.current(caller.workspace, form); // says so if it is the form that does not exist
    throw new Problem('submission_not_found');
  }
  if (last.erased) throw new Problem('erased');
  return { items: events.map(entry), position: last.position };
}

function entry({ version, type, time, actor, correlation, position, data }: StoredEvent): HistoryEntry {
  const shown = Object.entries(data as object).filter(([name]) => !INTERNAL.has(name));
  return { version, type, time, actor, correlation, position, data: Object.fromEntries(shown) };
}
