import type { FormbusClient } from '../client/client.ts';
import { inLanes } from '../client/lanes.ts';
import { COMPLAINTS } from '../demo/form.ts';
import type { Complaint } from './complaints.ts';
import type { Entry, Ledger } from './ledger.ts';

const MOST = 500;
const LANES = 8;

/**
 * Sends some of what was acknowledged once more, with its key: each must be answered as before, and as a repeat.
 * They are taken from all of the run, in equal steps.
 */
export async function repeatSome(
  client: FormbusClient,
  ledger: Ledger,
  complaints: readonly Complaint[],
): Promise<{ sent: number; different: number }> {
  const acknowledged = [...ledger.entries].filter((entry) => entry.acknowledged !== undefined);
  const step = Math.max(1, Math.floor(acknowledged.length / MOST));
  const some = acknowledged.filter((_, at) => at % step === 0);
  let different = 0;
  await inLanes(some, LANES, async ({ key, row, acknowledged: promised }: Entry) => {
    const { answers } = complaints[row] ?? { answers: {} };
    const { body, position, replayed } = await client.submit(COMPLAINTS, answers, { idempotencyKey: key });
    if (!replayed || body.id !== promised?.id || position !== promised.position) different++;
  });
  return { sent: some.length, different };
}
