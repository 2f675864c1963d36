import {
  FLOOR,
  downloaded,
  embeddedRoute,
  installed,
  type ExternalMongo,
  type LocalMongo,
} from './mongodb-routes.ts';
import { resolveByRoutes, type ResolveContext, type Route } from './route.ts';

const ADVICE =
  `Any of these is enough: put mongod ${FLOOR} or newer on PATH, or set MONGODB_URI to one that runs` +
  ` (docker run -p 127.0.0.1:27017:27017 mongo:8, then MONGODB_URI=mongodb://127.0.0.1:27017).`;

/** In this order: what the machine has, then what npm installed, then a download. */
const LOCAL_ROUTES: readonly Route<LocalMongo>[] = [installed, embeddedRoute(), downloaded];

/** The database at MONGODB_URI when that is set, and an engine to start otherwise. */
export async function resolveMongo(context: ResolveContext): Promise<ExternalMongo | LocalMongo> {
  const uri = context.env.MONGODB_URI;
  return uri ? { kind: 'external', uri } : resolveLocalMongo(context);
}

/** A MongoDB engine that can be started here, wherever it can be had. */
export function resolveLocalMongo(context: ResolveContext, routes = LOCAL_ROUTES): Promise<LocalMongo> {
  return resolveByRoutes('MongoDB', routes, context, ADVICE);
}
