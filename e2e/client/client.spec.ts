import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FormbusClient } from './client.ts';

type Responder = (request: IncomingMessage, response: ServerResponse, attempt: number) => void;

const stops: (() => Promise<void>)[] = [];

/** A gateway that answers as it is told, and what it was sent. */
async function gateway(respond: Responder): Promise<{ url: string; keys: (string | undefined)[] }> {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key'] as string | undefined);
    request.resume().on('end', () => respond(request, response, keys.length));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

function clientOf(url: string, retryForMs = 5_000): FormbusClient {
  const client = new FormbusClient({ url, apiKey: 'fb_k', retryForMs });
  stops.unshift(() => client.close());
  return client;
}

function problem(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
  response.end(JSON.stringify({ status, code, title: code }));
}

function accepted(response: ServerResponse): void {
  response
    .writeHead(201, { 'content-type': 'application/json', 'formbus-position': 'e.7' })
    .end('{"id":"s"}');
}

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('the client', () => {
  it('repeats a submission with its Idempotency-Key when the answer is 503 or the connection is lost', async () => {
    const { url, keys } = await gateway((_request, response, attempt) => {
      if (attempt === 1) problem(response, 503, 'bus_unavailable', { 'retry-after': '0' });
      else if (attempt === 2) response.destroy();
      else accepted(response);
    });
    const answer = await clientOf(url).submit('f', {}, { idempotencyKey: 'k1' });
    expect(answer).toMatchObject({ status: 201, position: 'e.7', replayed: false, attempts: 3 });
    expect(keys).toEqual(['k1', 'k1', 'k1']);
  });

  it('waits for as long as Retry-After says', async () => {
    const { url } = await gateway((_request, response, attempt) => {
      if (attempt === 1) problem(response, 503, 'bus_unavailable', { 'retry-after': '1' });
      else accepted(response);
    });
    expect((await clientOf(url).submit('f', {}, { idempotencyKey: 'k' })).ms).toBeGreaterThan(950);
  });

  it('looks at a task until it is over, as often as Retry-After says', async () => {
    const { url, keys } = await gateway((_request, response, attempt) => {
      const over = attempt === 3;
      response.writeHead(200, {
        'content-type': 'application/json',
        ...(over ? {} : { 'retry-after': attempt === 1 ? '0' : '1' }),
      });
      response.end(JSON.stringify({ id: 't', state: over ? 'failed' : 'running' }));
    });
    const started = performance.now();
    const answer = await clientOf(url).finished('t');
    expect(answer.body).toMatchObject({ id: 't', state: 'failed' });
    expect(performance.now() - started).toBeGreaterThan(950);
    expect(keys).toHaveLength(3);
  });

  it('gives up when the time is over, with what was answered last', async () => {
    const { url } = await gateway((_request, response) =>
      problem(response, 503, 'overloaded', { 'retry-after': '5' }),
    );
    await expect(clientOf(url, 200).getForm('f')).rejects.toMatchObject({ status: 503, code: 'overloaded' });
  });

  it('never repeats a submission without a key, nor what was refused', async () => {
    const { url, keys } = await gateway((request, response) =>
      request.headers['idempotency-key'] === undefined
        ? response.destroy()
        : problem(response, 422, 'invalid_answers'),
    );
    await expect(clientOf(url).submit('f', {})).rejects.toMatchObject({ name: 'NoAnswer' });
    await expect(clientOf(url).submit('f', {}, { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'invalid_answers',
    });
    expect(keys).toHaveLength(2);
  });
});
