import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Caller } from '#contracts/rpc';
import { listEventTypes } from '#contracts/webhook/webhook.rpc';
import { RpcClient } from '#service/rpc-client';
import { Operation } from '../http/operation.ts';
import { FromCaller } from '../http/principal.ts';

@ApiTags('webhooks')
@Controller('v1/event-types')
export class EventTypeController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Operation({
    id: 'listEventTypes',
    summary: 'List the types of events that a webhook can get',
    description:
      'By their full names, as `types` of a webhook takes them: a new version of an event is another type.',
    scope: 'webhooks:read',
    response: listEventTypes.response,
  })
  list(@FromCaller() caller: Caller): Promise<z.infer<typeof listEventTypes.response>> {
    return this.rpc.call(listEventTypes, { caller });
  }
}
