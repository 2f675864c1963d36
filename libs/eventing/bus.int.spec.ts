import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { connectBus, type Bus } from './bus.ts';
import { BusError } from './bus-error.ts';
import { connect, silent } from './testing/world.ts';

/** Greets like a nats-server of some version, and answers pings. */
async function greeter(version: string): Promise<{ url: string; server: Server }> {
  const server = createServer((socket) => {
    const info = { server_id: 'X', version, headers: true, max_payload: 1048576, proto: 1, jetstream: true };
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on('data', (data) => {
      if (data.toString().includes('PING')) socket.write('PONG\r\n');
    });
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('the bus', () => {
  let nats: TestNats;
  const open: Bus[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
  });
  afterEach(async () => {
    for (const bus of open.splice(0)) await bus.close();
  });
  afterAll(() => nats.stop());

  const newBus = async (): Promise<Bus> => {
    const bus = await connect(nats.url);
    open.push(bus);
    return bus;
  };

  it('refuses a server below the floor by name and number', async () => {
    const { url, server } = await greeter('2.14.9');
    try {
      await expect(connectBus({ servers: url, name: 'spec', logger: silent })).rejects.toThrow(
        /nats-server 2\.14\.9 is too old.*2\.15\.0/,
      );
    } finally {
      server.close();
    }
  });

  it('waits for a server that is not there until its caller has enough of it', async () => {
    const signal = AbortSignal.timeout(400);
    const waiting = connectBus({ servers: 'nats://127.0.0.1:1', name: 'spec', logger: silent, signal });
    await expect(waiting).rejects.toMatchObject({ name: expect.stringMatching(/Timeout|Abort/) });
  });

  it('says at once when nobody answers', async () => {
    const bus = await newBus();
    const asked = bus.request('nobody.here', new Uint8Array(), { timeoutMs: 5000 });
    await expect(asked).rejects.toMatchObject({
      failure: 'no_responders',
      code: 'bus_unavailable',
      retryAfter: 1,
    });
  });

  it('gives up on an answer after the time-out', async () => {
    const bus = await newBus();
    bus.nc.subscribe('deaf', { callback: () => undefined });
    await bus.nc.flush();
    await expect(bus.request('deaf', new Uint8Array(), { timeoutMs: 50 })).rejects.toMatchObject({
      failure: 'timeout',
    });
  });

  it('carries notices, and ends them', async () => {
    const [sender, receiver] = [await newBus(), await newBus()];
    const seen: unknown[] = [];
    const stop = receiver.onNotice('sys.spec.*', (value, subject) => seen.push([subject, value]));
    await receiver.nc.flush();
    sender.notify('sys.spec.a', { n: 1 });
    await eventually(() => expect(seen).toEqual([['sys.spec.a', { n: 1 }]]));
    stop();
    await receiver.nc.flush();
    sender.notify('sys.spec.a', { n: 2 });
    await sender.nc.flush();
    await receiver.nc.flush();
    expect(seen).toHaveLength(1);
  });

  it('fails what waits when the connection breaks, refuses at once, and comes back', async () => {
    const bus = await newBus();
    bus.nc.subscribe('deaf', { callback: () => undefined });
    await bus.nc.flush();
    const waiting = bus.request('deaf', new Uint8Array(), { timeoutMs: 30_000 });
    const [outcome] = await Promise.all([waiting.catch((error: unknown) => error), nats.kill()]);
    expect(outcome).toMatchObject({ failure: 'disconnected' });
    expect(bus.connected).toBe(false);
    await expect(bus.request('any', new Uint8Array(), { timeoutMs: 30_000 })).rejects.toBeInstanceOf(
      BusError,
    );
    await expect(bus.whenConnected(AbortSignal.timeout(20))).rejects.toBeInstanceOf(BusError);
    await nats.restart();
    await bus.whenConnected(AbortSignal.timeout(10_000));
    await expect(bus.request('nobody.here', new Uint8Array(), { timeoutMs: 5000 })).rejects.toMatchObject({
      failure: 'no_responders',
    });
  });

  it('closes within bounds while the server is away', async () => {
    const bus = await newBus();
    await nats.kill();
    await eventually(() => expect(bus.connected).toBe(false));
    await bus.close();
    expect(bus.nc.isClosed()).toBe(true);
    await nats.restart();
  });
});
