import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Problem } from '#contracts/errors';

/**
 * Takes JSON in UTF-8 and nothing else: what a page's form could post without asking is refused before it is read,
 * and bytes that are no text are refused rather than stored as question marks.
 */
export function takeJson(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    let parsed: unknown;
    try {
      parsed = parseJson(body as Buffer);
    } catch (error) {
      done(error as Problem);
      return;
    }
    done(null, parsed);
  });
  fastify.addHook('onRequest', ({ raw: { method, headers } }, _reply, done) => {
    // Clients that always send Content-Type send it where there is nothing to describe, too.
    if (isBodyless(headers)) delete headers['content-type'];
    else if (method !== 'GET' && method !== 'HEAD') {
      done(refusalOf(headers));
      return;
    }
    done();
  });
}

/**
 * @returns undefined for no bytes at all
 * @throws Problem `malformed_json`
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new Problem('malformed_json', 'The body is not encoded in UTF-8');
  const text = bytes.toString('utf8');
  try {
    // RFC 8259 lets a reader ignore a byte order mark.
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    throw new Problem('malformed_json', whatBroke((error as SyntaxError).message));
  }
}

/** Where the JSON is broken, as far as the parser tells. */
function whatBroke(message: string): string {
  const [, position, line, column] = /at position (\d+)(?: \(line (\d+) column (\d+)\))?/.exec(message) ?? [];
  if (line !== undefined) return `The JSON is broken at line ${line}, column ${column}`;
  if (position !== undefined) return `The JSON is broken at character ${position}`;
  const token = /^Unexpected token '(.+?)',/su.exec(message)?.[1];
  return token === undefined ? 'The JSON ends too early' : `The JSON is broken by an unexpected ${token}`;
}

const isBodyless = (headers: IncomingHttpHeaders): boolean =>
  headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

/** Why a body that is announced so is not read. */
function refusalOf({
  'content-type': type,
  'content-encoding': encoding,
}: IncomingHttpHeaders): Problem | undefined {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return unsupported(`Content-Encoding ${encoding} is not taken: send the body as it is`);
  }
  if (type === 'application/json') return undefined;
  if (type === undefined) return unsupported('The body has no Content-Type');
  if (!JSON_TYPE.test(type)) return unsupported(`Content-Type ${type} is not taken`);
  const charset = CHARSET.exec(type)?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset)
    ? undefined
    : unsupported(`The charset ${charset} is not taken: bodies are UTF-8 only`);
}

const unsupported = (detail: string): Problem => new Problem('unsupported_media_type', detail);
