import { Problem } from '#contracts/errors';
import { defineRpc } from '#contracts/rpc';
import { connectBus, type Bus } from '#eventing/bus';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { z } from 'zod';
import { createLogger } from './logger.ts';
import { RpcClient } from './rpc-client.ts';
import { startRpc, type RpcService } from './rpc.ts';

const now = defineRpc({
  subject: 'rpc.spec.span.now',
  kind: 'query',
  request: z.object({}),
  response: z.string(),
});
const refuse = defineRpc({ ...now, subject: 'rpc.spec.span.refuse' });

@Controller()
class Spans {
  @MessagePattern(now.subject)
  now() {
    return trace.getActiveSpan()?.spanContext().traceId ?? 'none';
  }

  @MessagePattern(refuse.subject)
  refuse() {
    throw new Problem('not_found');
  }
}

@Module({ controllers: [Spans] })
class SpansModule {}

describe('a traced call', () => {
  const exporter = new tracing.InMemorySpanExporter();
  const spanProcessors = [new tracing.SimpleSpanProcessor(exporter)];
  const sdk = new NodeSDK({
    spanProcessors,
    metricReaders: [],
    logRecordProcessors: [],
    autoDetectResources: false,
  });
  let nats: TestNats;
  let bus: Bus;
  let service: RpcService;
  let client: RpcClient;

  beforeAll(async () => {
    sdk.start();
    nats = await startTestNats();
    const logger = createLogger({ service: 'spec', level: 'silent' });
    bus = await connectBus({ servers: nats.url, name: 'spec', logger });
    service = await startRpc(SpansModule, { service: 'spec', bus });
    client = new RpcClient(bus);
  });
  afterAll(async () => {
    await service.close();
    await bus.close();
    await nats.stop();
    await sdk.shutdown();
  });

  it('is one trace from the caller through the handler', async () => {
    const traceId = await trace.getTracer('spec').startActiveSpan('request', async (span) => {
      const answer = await client.call(now, {});
      span.end();
      expect(answer).toBe(span.spanContext().traceId);
      return answer;
    });
    const spans = exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
    const byKind = new Map(spans.map((span) => [span.kind, span]));
    expect(byKind.get(SpanKind.CLIENT)?.name).toBe('rpc.spec.span.now call');
    expect(byKind.get(SpanKind.SERVER)?.name).toBe('rpc.spec.span.now process');
    expect(byKind.get(SpanKind.SERVER)?.parentSpanContext?.spanId).toBe(
      byKind.get(SpanKind.CLIENT)?.spanContext().spanId,
    );
  });

  it('shows the code of what was refused', async () => {
    await expect(client.call(refuse, {})).rejects.toMatchObject({ code: 'not_found' });
    const refused = exporter.getFinishedSpans().filter((span) => span.name.startsWith(refuse.subject));
    expect(refused.map((span) => span.status)).toEqual([
      { code: SpanStatusCode.ERROR, message: 'not_found' },
      { code: SpanStatusCode.ERROR, message: 'not_found' },
    ]);
  });
});
