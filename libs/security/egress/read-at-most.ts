import type { Readable } from 'node:stream';

/**
 * The first `most` bytes of a stream, and whether there was more. The rest is not read: the stream is destroyed, and
 * with it the connection that it comes from.
 */
export async function readAtMost(
  stream: Readable,
  most: number,
): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let room = most;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, room));
    if (chunk.length > room) return { body: Buffer.concat(chunks), truncated: true };
    room -= chunk.length;
  }
  return { body: Buffer.concat(chunks), truncated: false };
}
