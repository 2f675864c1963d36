import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

/** How long a closed network may keep us waiting before the next route is tried. */
const FIRST_BYTE_MS = 5000;
const WHOLE_MS = 180_000;

export interface Download {
  readonly url: string;
  /** Hex. The bytes are refused when they have another. */
  readonly sha256: string;
}

/** Fetches a file, checks its hash, and writes it. */
export async function download({ url, sha256 }: Download, to: string): Promise<void> {
  const bytes = await fetchBytes(url);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256) throw new Error(`${url} has SHA-256 ${actual}, expected ${sha256}`);
  await writeFile(to, bytes);
}

/** Fails within seconds when nothing answers, and within minutes when the answer does not end. */
export async function fetchBytes(
  url: string,
  timeouts = { firstByteMs: FIRST_BYTE_MS, wholeMs: WHOLE_MS },
): Promise<Buffer> {
  const silence = new AbortController();
  const timer = setTimeout(
    () => silence.abort(new Error(`no answer within ${timeouts.firstByteMs} ms`)),
    timeouts.firstByteMs,
  );
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([silence.signal, AbortSignal.timeout(timeouts.wholeMs)]),
    });
    clearTimeout(timer);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } finally {
    clearTimeout(timer);
  }
}
