import { connect } from 'node:net';

/** The version in the `INFO` line with which a NATS server greets every connection. */
export function natsGreeting(host: string, port: number, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host, port });
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`${host}:${port} did not answer within ${timeoutMs} ms`)),
    );
    socket.on('data', (chunk: string) => {
      received += chunk;
      const end = received.indexOf('\r\n');
      if (end === -1) return;
      socket.destroy();
      const version = /^INFO .*"version":"([^"]+)"/.exec(received.slice(0, end))?.[1];
      if (version === undefined) reject(new Error(`${host}:${port} is not a NATS server`));
      else resolve(version);
    });
    socket.once('end', () => reject(new Error(`${host}:${port} closed the connection without a greeting`)));
    socket.once('error', reject);
  });
}
