import { Problem } from '#contracts/errors';
import { defineRpc } from '#contracts/rpc';
import { connectBus, type Bus } from '#eventing/bus';
import { createLogger } from '#service/logger';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { ClientNats, MessagePattern, Payload } from '@nestjs/microservices';
import { firstValueFrom, type Observable, of } from 'rxjs';
import { z } from 'zod';
import { RpcClient } from './rpc-client.ts';
import { startRpc, type RpcService } from './rpc.ts';

const echo = defineRpc({
  subject: 'rpc.spec.word.echo',
  kind: 'query',
  request: z.strictObject({ word: z.string(), times: z.int().default(1) }),
  response: z.object({ words: z.array(z.string()) }),
});
const refuse = defineRpc({ ...echo, subject: 'rpc.spec.word.refuse', kind: 'command' });
const fail = defineRpc({ ...echo, subject: 'rpc.spec.word.fail', kind: 'command' });
const hold = defineRpc({ ...echo, subject: 'rpc.spec.word.hold', kind: 'command' });
const holdQuery = defineRpc({ ...echo, subject: 'rpc.spec.word.hold', kind: 'query' });
const nobody = defineRpc({ ...echo, subject: 'rpc.spec.word.nobody', kind: 'command' });

/** Requests that the handler has taken in and not answered. */
const held: (() => void)[] = [];

@Controller()
class Words {
  @MessagePattern(echo.subject)
  echo(@Payload({ schema: echo.request }) { word, times }: z.output<typeof echo.request>) {
    return { words: Array.from({ length: times }, () => word) };
  }

  @MessagePattern(refuse.subject)
  refuse(): Observable<never> {
    const errors = [{ path: '/word', code: 'taken', message: 'It is taken.' }];
    throw new Problem('contended', 'Somebody has it.', { errors, retryAfter: 3 });
  }

  @MessagePattern(fail.subject)
  fail(): Promise<never> {
    return Promise.reject(new Error('password hunter2 rejected by the database'));
  }

  @MessagePattern(hold.subject)
  async hold() {
    await new Promise<void>((resolve) => held.push(resolve));
    return of({ words: ['held'] });
  }
}

@Module({ controllers: [Words] })
class WordsModule {}

const logged: Record<string, unknown>[] = [];
const destination = {
  write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>),
};
const logger = createLogger({ service: 'spec', destination });

let nats: TestNats;
let serverBus: Bus;
let clientBus: Bus;
let service: RpcService;
let client: RpcClient;

const problemOf = async (call: Promise<unknown>): Promise<Problem> => {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  if (error instanceof Problem) return error;
  throw new Error('expected a Problem');
};

describe('RPC over NATS', () => {
  beforeAll(async () => {
    nats = await startTestNats();
  });
  afterAll(async () => {
    await nats.stop();
  });
  beforeEach(async () => {
    serverBus = await connectBus({ servers: nats.url, name: 'server', logger });
    clientBus = await connectBus({ servers: nats.url, name: 'client', logger });
    service = await startRpc(WordsModule, { service: 'spec', bus: serverBus });
    client = new RpcClient(clientBus);
  });
  afterEach(async () => {
    for (const release of held.splice(0)) release();
    await service.close();
    await Promise.all([serverBus.close(), clientBus.close()]);
    logged.length = 0;
  });

  it('gives the answer of a Nest handler, whose request was validated and filled in', async () => {
    expect(await client.call(echo, { word: 'a' })).toEqual({ words: ['a'] });
    expect(await client.call(echo, { word: 'a', times: 3 })).toEqual({ words: ['a', 'a', 'a'] });
  });

  it('answers many calls at once, each with its own answer', async () => {
    const words = Array.from({ length: 500 }, (_, at) => `word ${at}`);
    const answers = await Promise.all(words.map((word) => client.call(echo, { word })));
    expect(answers.map((answer) => answer.words[0])).toEqual(words);
  });

  it('refuses a malformed request with every error at its place', async () => {
    const request = { word: 1, times: 'x', other: true } as unknown as { word: string };
    const problem = await problemOf(client.call(echo, request));
    expect(problem.code).toBe('bad_request');
    expect(problem.errors.map((error) => error.path)).toEqual(['/word', '/times', '/other']);
  });

  it('carries a problem with its code, detail, errors and retry time', async () => {
    expect(await problemOf(client.call(refuse, { word: 'a' }))).toMatchObject({
      code: 'contended',
      message: 'Somebody has it.',
      errors: [{ path: '/word', code: 'taken', message: 'It is taken.' }],
      retryAfter: 3,
    });
  });

  it('answers an unexpected error with `internal`, and tells its cause to the log alone', async () => {
    const problem = await problemOf(client.call(fail, { word: 'a' }));
    expect(problem.code).toBe('internal');
    expect(JSON.stringify([problem.message, problem.errors, problem.cause])).not.toContain('hunter2');
    expect(logged).toEqual([
      expect.objectContaining({
        level: 'error',
        subject: fail.subject,
        err: expect.objectContaining({ message: 'password hunter2 rejected by the database' }),
      }),
    ]);
  });

  it('says at once that nobody serves a subject', async () => {
    const started = performance.now();
    const problem = await problemOf(client.call(nobody, { word: 'a' }));
    expect(problem).toMatchObject({ code: 'service_unavailable', retryAfter: 1 });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('leaves the outcome of a command unknown when its answer is late, and a query unanswered', async () => {
    const [command, query] = await Promise.all([
      problemOf(client.call(hold, { word: 'a' }, { timeoutMs: 50 })),
      problemOf(client.call(holdQuery, { word: 'a' }, { timeoutMs: 50 })),
    ]);
    expect([command.code, query.code]).toEqual(['outcome_unknown', 'service_unavailable']);
  });

  it('answers a request that is not JSON, and a stock Nest client', async () => {
    const options = { timeoutMs: 1_000 };
    const reply = await clientBus.request(echo.subject, Buffer.from('not json'), options);
    expect(reply.json()).toMatchObject({ err: { code: 'bad_request' }, isDisposed: true });
    const nest = new ClientNats({ servers: nats.url });
    try {
      const answer = firstValueFrom(nest.send<{ words: string[] }>(echo.subject, { word: 'b' }));
      expect(await answer).toEqual({ words: ['b'] });
    } finally {
      await nest.close();
    }
  });

  it('answers what it has in hand before it closes, and takes nothing new', async () => {
    const call = client.call(hold, { word: 'a' });
    await eventually(() => {
      expect(held).toHaveLength(1);
    });
    const closing = service.close();
    await eventually(async () => {
      expect((await problemOf(client.call(echo, { word: 'late' }))).code).toBe('service_unavailable');
    });
    for (const release of held.splice(0)) release();
    await closing;
    expect(await call).toEqual({ words: ['held'] });
  });

  it('fails at once when nats-server is gone, and works again when it is back', async () => {
    const inFlight = [
      problemOf(client.call(hold, { word: 'a' })),
      problemOf(client.call(holdQuery, { word: 'a' })),
    ];
    await eventually(() => {
      expect(held).toHaveLength(2);
    });
    await nats.kill();
    expect((await Promise.all(inFlight)).map((problem) => problem.code)).toEqual([
      'outcome_unknown',
      'bus_unavailable',
    ]);
    const started = performance.now();
    expect(await problemOf(client.call(echo, { word: 'a' }))).toMatchObject({
      code: 'bus_unavailable',
      retryAfter: 1,
    });
    expect(performance.now() - started).toBeLessThan(500);
    await nats.restart();
    expect(await eventually(() => client.call(echo, { word: 'back' }))).toEqual({ words: ['back'] });
  });
});
