import { TIERS } from '#contracts/task';
import type { Bus } from '#eventing/bus';
import { jetStream } from '#eventing/jetstream-api';
import { TASK_STREAMS } from '#eventing/streams';

/** Tasks that are neither done nor parked, those that wait for their next attempt among them. */
export async function tasksLeft(bus: Bus): Promise<number> {
  const counts = TIERS.map(async (tier) => {
    const { state } = await jetStream<{ state: { messages: number } }>(
      bus,
      `STREAM.INFO.${TASK_STREAMS[tier]}`,
    );
    return state.messages;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
