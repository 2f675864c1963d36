import type { FormbusClient } from '../client/client.ts';

/** A webhook as the API shows it. */
export interface Hook {
  readonly id: string;
  readonly state: string;
  readonly disabled: { readonly reason: string } | null;
}

/** An event's way to a webhook, as the API lists it. */
export interface Delivery {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly event: { readonly form: string | null; readonly submission: string | null };
}

export const SUBMITTED = 'formbus.submission.submitted.v2';

/** Makes a webhook: of all types of events, unless the settings name some. */
export async function subscribe(
  client: FormbusClient,
  settings: Readonly<Record<string, unknown>>,
): Promise<Hook> {
  return (await client.call<Hook>({ method: 'POST', path: '/v1/webhooks', body: settings })).body;
}

/** The newest hundred. */
export async function deliveriesOf(
  client: FormbusClient,
  { id }: Pick<Hook, 'id'>,
  state?: string,
): Promise<readonly Delivery[]> {
  const query = new URLSearchParams({ limit: '100', ...(state !== undefined && { state }) });
  const path = `/v1/webhooks/${id}/deliveries?${query.toString()}`;
  return (await client.call<{ items: readonly Delivery[] }>({ method: 'GET', path })).body.items;
}
