import type { Bus } from '#eventing/bus';
import { directGet } from '#eventing/direct-get';
import { eventType } from '#contracts/event';
import { webhookDeletedV1 } from '#contracts/webhook/webhook.events';
import { EVENTS_STREAM } from '#eventing/streams';

const READ = 100;
const DELETED = eventType(webhookDeletedV1);

/** Whether the log itself says that an endpoint was deleted. False as well where a replica does not know yet. */
export async function wasDeleted(bus: Bus, webhook: string): Promise<boolean> {
  const subject = `evt.*.webhook.${webhook}`;
  for (let from = 1, more = true; more;) {
    const page = await directGet(bus, EVENTS_STREAM, { seq: from, subject, batch: READ });
    if (page.messages.some(({ headers }) => headers.get('ce-type') === DELETED)) return true;
    from = (page.messages.at(-1)?.seq ?? from) + 1;
    more = page.more;
  }
  return false;
}
