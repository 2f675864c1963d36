import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { Problem } from '#contracts/errors';
import { webhookReplayTask } from '#contracts/webhook/webhook-replay.task';
import { replayWebhook } from '#contracts/webhook/webhook.rpc';
import type { Bus } from '#eventing/bus';
import { directGet } from '#eventing/direct-get';
import type { EventLog } from '#eventing/event-log';
import { formatPosition, parsePosition } from '#eventing/position';
import { EVENTS_STREAM } from '#eventing/streams';
import type { Tasks } from '#eventing/task/open';
import { derivedId, digest } from '#security/digest';
import { BUS, EVENT_LOG, QUERY_TIMEOUT_MS, TASKS } from '../tokens.ts';
import { WebhookDirectory } from '../webhook/webhook.directory.ts';
import { ReplayRoom } from './replay.room.ts';

type Request = z.infer<typeof replayWebhook.request>;

@Controller()
export class ReplayHandler {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(TASKS) private readonly tasks: Tasks,
    private readonly directory: WebhookDirectory,
    private readonly room: ReplayRoom,
  ) {}

  @MessagePattern(replayWebhook.subject)
  async replay(
    @Payload({ schema: replayWebhook.request }) request: Request,
  ): Promise<z.infer<typeof replayWebhook.response>> {
    const { caller, webhook, from, to, perSecond, idempotencyKey } = request;
    const { workspace, actor, correlation, commandId } = caller;
    const asked = digest({ webhook, from, to, perSecond });
    const id =
      idempotencyKey === null ? commandId : derivedId(workspace, actor, 'replay', webhook, idempotencyKey);
    if (idempotencyKey !== null && (await this.isKnown(workspace, id, asked)))
      return { task: id, replayed: true };
    const record = await this.directory.current(workspace, webhook);
    if (!record.enabled) throw new Problem('webhook_disabled', 'Nothing is replayed to a disabled webhook');
    const end = await this.log.lastSeq();
    const upTo = to === null ? end : this.seqOf(to, end);
    const after = await this.startOf(from, end);
    const { epoch } = this.log;
    await this.room.take(id, { workspace, webhook }, QUERY_TIMEOUT_MS);
    await this.tasks.queue.enqueue(webhookReplayTask, {
      id,
      payload: {
        ...{ workspace, webhook, perSecond, request: asked },
        ...{ after: formatPosition(epoch, after), upTo: formatPosition(epoch, upTo) },
      },
      actor,
      correlation,
    });
    return { task: id, replayed: false };
  }

  /** Whether the request was served before. @throws Problem `idempotency_key_reused` */
  private async isKnown(workspace: string, id: string, asked: string): Promise<boolean> {
    const known = await this.tasks.tracking.read(workspace, id);
    if (known === undefined) return false;
    if (known.snapshot.about.request !== asked) throw new Problem('idempotency_key_reused');
    return true;
  }

  /** Behind a position; before the first event of an instant. */
  private async startOf(from: Request['from'], end: number): Promise<number> {
    if ('position' in from) return from.position === '0' ? 0 : this.seqOf(from.position, end);
    const { messages } = await directGet(this.bus, EVENTS_STREAM, {
      since: from.time,
      subject: 'evt.>',
      batch: 1,
    });
    return (messages[0]?.seq ?? end + 1) - 1;
  }

  private seqOf(position: string, end: number): number {
    const seq = parsePosition(position, this.log.epoch);
    if (seq > end) throw new Problem('bad_position', 'The position is beyond the end of the log');
    return seq;
  }
}
