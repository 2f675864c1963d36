import { resolveNatsBinary } from '../components/nats-server.ts';
import { ambientContext } from '../components/route.ts';
import { startTestMongo } from './mongo.ts';

/** Once a run: finds nats-server, of which every spec file starts its own, and starts the one MongoDB engine. */
export default async function setup() {
  const context = ambientContext((text) => process.stderr.write(`${text}\n`));
  const [nats, mongo] = await Promise.all([resolveNatsBinary(context), startTestMongo()]);
  process.env.FORMBUS_TEST_NATS_SERVER = nats.path;
  process.env.FORMBUS_TEST_MONGODB_URI = mongo.uri;
  globalThis.formbusTestMongo = mongo;
}
