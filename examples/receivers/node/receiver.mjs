/** Takes deliveries of Formbus. WEBHOOK_SECRET or WEBHOOK_PUBLIC_KEY says how they are verified. */
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { verifierOf } from './ed25519.mjs';

const MOST_BYTES = 8 * 1024 * 1024;
const MOST_IDS = 100_000;

const { WEBHOOK_SECRET, WEBHOOK_PUBLIC_KEY, PORT = '3000' } = process.env;
const webhook = verifier();

/** In a real receiver: a table with a unique key, written together with the delivery. */
const seen = new Set();

/** Either has `verify(body, headers)`, which gives the parsed body, or throws. */
function verifier() {
  try {
    if (WEBHOOK_SECRET) return new Webhook(WEBHOOK_SECRET);
    if (WEBHOOK_PUBLIC_KEY) return verifierOf(WEBHOOK_PUBLIC_KEY);
    process.stderr.write('set WEBHOOK_SECRET or WEBHOOK_PUBLIC_KEY\n');
  } catch (error) {
    process.stderr.write(`WEBHOOK_SECRET or WEBHOOK_PUBLIC_KEY is not one: ${error.message}\n`);
  }
  process.exit(2);
}

const server = createServer(async (request, response) => {
  const answer = (status) => response.writeHead(status).end();
  if (request.method !== 'POST') return answer(405);
  try {
    const body = await bytesOf(request);
    if (body === undefined) return answer(413);
    let event;
    try {
      event = webhook.verify(body, request.headers);
    } catch {
      return answer(401);
    }
    const id = request.headers['webhook-id'];
    const isNew = !seen.has(id);
    remember(id);
    // Answer first, work after: Formbus waits 15 seconds and then sends the same once more.
    answer(204);
    if (isNew) setImmediate(handle, id, event);
    else process.stderr.write(`${id} came again\n`);
  } catch {
    response.destroy();
  }
});

/** The work. Full deliveries hold the data of the event, thin ones only its ids. */
function handle(id, event) {
  process.stdout.write(`${event.type} ${id}\n`);
}

/** The body as it came: a signature is over its bytes, so it must not be parsed and written again before. */
async function bytesOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The oldest ids are forgotten first. */
function remember(id) {
  seen.add(id);
  if (seen.size > MOST_IDS) seen.delete(seen.values().next().value);
}

server.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`listening on port ${server.address().port}\n`);
});
