import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP link to a server that specs can disturb. Concerns connections that exist when a method is called. */
export interface Proxy {
  readonly url: string;
  /** The server's answers get lost from now on. */
  muteServer(): void;
  /** What clients send is kept back from now on; the result sends it, even after a cut. */
  holdClients(): () => void;
  /**
   * The next so many refusals of writes, because of something else that is there, come as if that was still in flight,
   * as they do from a replicated stream. Concerns all connections; the result says how many have come so.
   */
  refuseInFlight(times: number): () => number;
  /** Ends the clients' side of every connection. */
  cut(): void;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  muted: boolean;
  held: Buffer[] | undefined;
}

/** Refusals of writes, and what they are while what is in the way is in flight. */
const IN_FLIGHT = [
  [
    /"err_code":10071,"description":"wrong last sequence: \d+"/,
    '"err_code":10164,"description":"wrong last sequence"',
  ],
  [
    /"code":400,"err_code":10201,"description":"[^"]*"/,
    '"code":409,"err_code":10158,"description":"in process"',
  ],
  [/\{"stream":"[^"]*", ?"seq":\d+,"duplicate": ?true\}/, '{"error":{"code":409,"err_code":10158}}'],
] as const;

export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const links = new Set<Link>();
  let [inFlight, refused] = [0, 0];
  const disguise = (data: Buffer): Buffer => {
    let text = data.toString('latin1');
    for (const [there, coming] of IN_FLIGHT) {
      text = text.replaceAll(new RegExp(there, 'g'), (found) => {
        if (refused === inFlight) return found;
        refused++;
        return coming.padEnd(found.length); // the length of the message has been told
      });
    }
    return Buffer.from(text, 'latin1');
  };
  const listener = createServer((client) => {
    const server = connect(Number(port), hostname);
    const link: Link = { client, server, muted: false, held: undefined };
    links.add(link);
    client.on('data', (data) => (link.held === undefined ? server.write(data) : link.held.push(data)));
    server.on('data', (data) => link.muted || client.write(refused < inFlight ? disguise(data) : data));
    client.on('error', () => client.destroy());
    server.on('error', () => server.destroy());
    client.on('close', () => link.held ?? server.destroy());
    server.on('close', () => {
      client.destroy();
      links.delete(link);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    url: `nats://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    muteServer() {
      for (const link of links) link.muted = true;
    },
    holdClients() {
      const holding = [...links];
      for (const link of holding) link.held = [];
      return () => {
        for (const link of holding) {
          for (const data of link.held ?? []) link.server.write(data);
          link.held = undefined;
          if (link.client.destroyed) link.server.end();
        }
      };
    },
    refuseInFlight(times) {
      [inFlight, refused] = [times, 0];
      return () => refused;
    },
    cut() {
      for (const { client } of links) client.destroy();
    },
    async close() {
      for (const { client, server } of links) {
        client.destroy();
        server.destroy();
      }
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
