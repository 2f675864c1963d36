import { z } from 'zod';
import { Position } from '#contracts/rpc';
import { WEBHOOK_DEFAULTS, WebhookId, WebhookSettings } from '#contracts/webhook/webhook.rpc';
import { Instant } from '../http/instant.ts';

/** What requests about webhooks hold. */

/** A UUID may be written in either case; ids are in lower case. */
export const WebhookPath = z.object({ webhook: WebhookId.toLowerCase() });

const { url, description, form, types, payload, ordered, contact } = WebhookSettings.shape;

export const CreateBody = z
  .strictObject({
    url,
    description: description.default(WEBHOOK_DEFAULTS.description),
    form: form.default(WEBHOOK_DEFAULTS.form),
    types: types.default([...WEBHOOK_DEFAULTS.types]),
    payload: payload.default(WEBHOOK_DEFAULTS.payload),
    ordered: ordered.default(WEBHOOK_DEFAULTS.ordered),
    contact: contact.default(WEBHOOK_DEFAULTS.contact),
  })
  .meta({
    examples: [
      {
        url: 'https://example.com/hooks/formbus',
        form: 'contact',
        types: ['formbus.submission.submitted.v2'],
        payload: 'full',
      },
    ],
  });

export const ChangeBody = z
  .strictObject(WebhookSettings.partial().shape)
  .meta({ examples: [{ payload: 'thin', ordered: true }] });

const LogPosition = Position.or(z.literal('0'));

export const ReplayBody = z
  .strictObject({
    from: z
      .union([z.strictObject({ position: LogPosition }), z.strictObject({ time: Instant })], {
        error: 'Must be { position } or { time }; leave it out for the start of the log.',
      })
      .default({ position: '0' })
      .meta({ description: 'Behind a position, or from an instant on; from the beginning if left out' }),
    to: Position.nullable()
      .default(null)
      .meta({ description: 'Up to and including that position; null for the end of the log as it is now' }),
    perSecond: z.int().min(1).max(500).default(50).meta({ description: 'Deliveries a second at most' }),
  })
  .meta({ examples: [{ from: { time: '2026-03-01T00:00:00Z' }, perSecond: 20 }] })
  .prefault({});
