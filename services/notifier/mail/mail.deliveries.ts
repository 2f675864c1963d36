import { v7 as uuid } from 'uuid';
import { deliveryAttemptedV1, type DeliveryAttempt } from '#contracts/delivery/delivery.records';
import { newEvent } from '#contracts/event';
import { subjects } from '#contracts/subjects';
import type { Records } from '#eventing/records';
import type { MailPayload } from './letter.ts';

/** What an attempt left behind, beside what its task says. */
export type AttemptOutcome = Pick<
  DeliveryAttempt,
  'attempt' | 'state' | 'startedAt' | 'durationMs' | 'request' | 'response' | 'error' | 'nextAttemptAt'
>;

/** Attempts to send mail, in the log of deliveries. */
export class MailDeliveries {
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Whether a mail server took the mail of this task before: its answer may have been lost on the way to the queue. */
  async wasDelivered(task: string, payload: MailPayload): Promise<boolean> {
    const attempts = await this.#records.log.read(subjectOf(payload));
    return attempts.some(({ data }) => {
      const { delivery, state } = data as DeliveryAttempt;
      return delivery === task && state === 'delivered';
    });
  }

  async record(
    task: { readonly id: string; readonly correlation: string },
    payload: MailPayload,
    outcome: AttemptOutcome,
  ): Promise<void> {
    const { event, form, submission, purpose } = payload;
    const attempted = newEvent(deliveryAttemptedV1, {
      delivery: task.id,
      channel: 'mail',
      endpoint: purpose,
      event: { ...event, source: 'log', form, submission },
      cause: outcome.attempt === 1 ? 'event' : 'retry',
      ...outcome,
    });
    await this.#records.record(subjectOf(payload), attempted, {
      id: uuid(),
      time: new Date().toISOString(),
      actor: 'service:notifier',
      correlation: task.correlation,
      causation: event.id,
    });
  }
}

const subjectOf = ({ workspace, submission }: MailPayload): string =>
  subjects.delivery(workspace, 'mail', submission ?? '_');
