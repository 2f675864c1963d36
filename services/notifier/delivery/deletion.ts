import type { Bus } from '#eventing/bus';
import { directPages } from '#eventing/direct-get';
import { eventType } from '#contracts/event';
import { webhookDeletedV1 } from '#contracts/webhook/webhook.events';
import { EVENTS_STREAM } from '#eventing/streams';

const READ = 100;
const DELETED = eventType(webhookDeletedV1);

/** Whether the log itself says that an endpoint was deleted. False as well where a replica does not know yet. */
export async function wasDeleted(bus: Bus, webhook: string): Promise<boolean> {
  const subject = `evt.*.webhook.${webhook}`;
  for await (const messages of directPages(bus, EVENTS_STREAM, { seq: 1, subject, batch: READ }))
    if (messages.some(({ headers }) => headers.get('ce-type') === DELETED)) return true;
  return false;
}
