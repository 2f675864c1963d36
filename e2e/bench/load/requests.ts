import { randomUUID } from 'node:crypto';
import type { Target } from './load.ts';

/** Gives whole requests, as latin1 strings of their bytes; every one has an Idempotency-Key that was never used. */
export function requests({ host, port, path, apiKey, bodies }: Target): () => string {
  const tails = bodies.map((body) => {
    const bytes = Buffer.from(body, 'utf8');
    return `\r\nContent-Length: ${bytes.length}\r\n\r\n${bytes.toString('latin1')}`;
  });
  const head =
    `POST ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nAuthorization: Bearer ${apiKey}\r\n` +
    `Content-Type: application/json\r\nAccept: application/json\r\nIdempotency-Key: ${randomUUID()}-`;
  let count = 0;
  return () => {
    count += 1;
    return `${head}${count}${tails[count % tails.length] ?? ''}`;
  };
}
