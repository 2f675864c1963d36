import type { Readable } from 'node:stream';

/**
 * The first `most` bytes of a stream, or what came of them before it broke off, and whether that is not all. The rest is
 * not read: the stream is destroyed, and with it the connection that it comes from.
 */
export async function readAtMost(
  stream: Readable,
  most: number,
): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let room = most;
  let truncated = false;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, room));
      truncated = chunk.length > room;
      if (truncated) break;
      room -= chunk.length;
    }
  } catch {
    truncated = true; // aborted, or the connection broke
  }
  return { body: Buffer.concat(chunks), truncated };
}
