import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pino from 'pino';
import type { z } from 'zod';
import type { Scope } from '#contracts/access/scopes';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { Problem } from '#contracts/errors';
import { PROJECTION_NAMES } from '#contracts/operations/projections';
import type { RpcDefinition } from '#contracts/rpc';
import { connectBus, type Bus } from '#eventing/bus';
import { DeadLetters } from '#eventing/dead-letters';
import { openLog, type OpenedLog } from '#eventing/open';
import { openTasks, type Tasks } from '#eventing/task/open';
import { issueApiKey } from '#security/api-key';
import { RpcClient } from '#service/rpc-client';
import { problemPayload } from '#service/rpc-wire';
import { startTestNats } from '#tools/testing/nats';
import { AccessDirectory } from '../access/access.directory.ts';
import { bootstrap } from '../access/bootstrap.ts';
import { createHttpApp } from '../http/app.ts';
import { ProjectionWatch } from '../operations/projection-watch.ts';

export const logger = pino({ level: 'silent' });

/** The gateway on a log of a spec's own, with nobody behind it but whom the spec puts there. */
export interface GatewayWorld extends OpenedLog {
  readonly bus: Bus;
  readonly tasks: Tasks;
  readonly deadLetters: DeadLetters;
  readonly app: NestFastifyApplication;
  /** Of the workspace `acme`, the operator's, with every scope. */
  readonly owner: string;
  /** As `app.inject`, with a key: the owner's unless another is given. */
  ask(request: Asked): ReturnType<NestFastifyApplication['inject']>;
  /** A key of `acme` with these scopes alone. */
  keyWith(scopes: readonly Scope[]): Promise<string>;
  /** Stands in for the service that serves a request, until the world ends or another takes its place. */
  answer<Request extends z.ZodObject, Response extends z.ZodType>(
    rpc: RpcDefinition<Request, Response>,
    respond: (request: z.output<Request>) => z.input<Response> | Problem,
  ): void;
  stop(): Promise<void>;
}

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: object;
  readonly key?: string;
}

export async function openGatewayWorld({ bodyLimit = 4096 } = {}): Promise<GatewayWorld> {
  const nats = await startTestNats();
  const bus = await connectBus({ servers: nats.url, name: 'gateway spec', logger });
  const opened = await openLog(bus, { events: EVENTS, upcasters: UPCASTERS, source: '/formbus/gateway' });
  const { key: owner } = issueApiKey();
  await bootstrap(opened.executor, 'acme', owner);
  const directory = new AccessDirectory(opened.log, logger);
  await directory.start();
  const tasks = openTasks(bus, { source: '/formbus/gateway' });
  const deadLetters = new DeadLetters(bus, tasks.tracking);
  const projections = new ProjectionWatch(bus, { expected: PROJECTION_NAMES });
  const app = await createHttpApp(
    {
      directory,
      executor: opened.executor,
      rpc: new RpcClient(bus),
      tasks,
      deadLetters,
      projections,
      operatorWorkspace: 'acme',
      logger,
    },
    { bodyLimit },
  );
  const standIns = new Map<string, () => void>();
  const ask = ({ key = owner, headers, ...request }: Asked): ReturnType<typeof app.inject> =>
    app.inject({ ...request, headers: { ...headers, authorization: `Bearer ${key}` } });

  return {
    ...opened,
    ...{ bus, tasks, deadLetters, app, owner, ask },

    async keyWith(scopes) {
      const made = await ask({ method: 'POST', url: '/v1/keys', payload: { name: 'spec', scopes } });
      return made.json<{ key: string }>().key;
    },

    answer(rpc, respond) {
      standIns.get(rpc.subject)?.();
      const subscription = bus.nc.subscribe(rpc.subject, {
        callback: (_error, message) => {
          const { id, data } = message.json<{ id: string; data: unknown }>();
          const answered = respondTo(rpc, data, respond);
          message.respond(JSON.stringify({ id, isDisposed: true, ...answered }));
        },
      });
      standIns.set(rpc.subject, () => subscription.unsubscribe());
    },

    async stop() {
      await app.close();
      await opened.executor.drain();
      await tasks.queue.drain();
      projections.stop();
      await directory.stop();
      await bus.close();
      await nats.stop();
    },
  };
}

/** Holds both sides to the contract: what is asked has to fit it, and so has the answer. */
function respondTo<Request extends z.ZodObject, Response extends z.ZodType>(
  rpc: RpcDefinition<Request, Response>,
  data: unknown,
  respond: (request: z.output<Request>) => z.input<Response> | Problem,
): { response: unknown } | { err: unknown } {
  try {
    const answered = respond(rpc.request.strict().parse(data) as z.output<Request>);
    if (answered instanceof Problem) return { err: problemPayload(answered) };
    return { response: rpc.response.parse(answered) };
  } catch (error) {
    return { err: problemPayload(new Problem('internal', (error as Error).message)) };
  }
}
