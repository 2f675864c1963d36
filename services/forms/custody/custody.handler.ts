import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { open, openMany, seal } from '#contracts/custody/custody.rpc';
import { Problem } from '#contracts/errors';
import { Custody } from './custody.ts';

type Request<Rpc extends { request: z.ZodType }> = z.infer<Rpc['request']>;
type Response<Rpc extends { response: z.ZodType }> = Promise<z.infer<Rpc['response']>>;
type Opened = z.infer<typeof openMany.response>['opened'][number];

@Controller()
export class CustodyHandler {
  constructor(private readonly custody: Custody) {}

  @MessagePattern(seal.subject)
  async seal(
    @Payload({ schema: seal.request }) { plaintext, ...place }: Request<typeof seal>,
  ): Response<typeof seal> {
    return { sealed: await this.custody.seal(place, plaintext) };
  }

  @MessagePattern(open.subject)
  async open(
    @Payload({ schema: open.request }) { sealed, ...place }: Request<typeof open>,
  ): Response<typeof open> {
    return { plaintext: await this.custody.open(place, sealed) };
  }

  @MessagePattern(openMany.subject)
  async openMany(
    @Payload({ schema: openMany.request }) { places }: Request<typeof openMany>,
  ): Response<typeof openMany> {
    return { opened: await Promise.all(places.map((place) => this.openOrSay(place))) };
  }

  private async openOrSay({ sealed, ...place }: Request<typeof open>): Promise<Opened> {
    try {
      return { plaintext: await this.custody.open(place, sealed) };
    } catch (error) {
      if (error instanceof Problem && (error.code === 'erased' || error.code === 'seal_broken'))
        return { problem: error.code };
      throw error;
    }
  }
}
