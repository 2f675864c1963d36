import { z } from 'zod';

/** A request that one service makes of another over NATS request/reply, as data. */
export interface RpcDefinition<
  Request extends z.ZodObject = z.ZodObject,
  Response extends z.ZodType = z.ZodType,
> {
  /** `rpc.<service>.<noun>.<verb>` */
  readonly subject: string;
  /** A command may change the log, so a lost answer leaves its outcome unknown; a query may be repeated freely. */
  readonly kind: 'command' | 'query';
  readonly request: Request;
  readonly response: Response;
}

export const defineRpc = <Request extends z.ZodObject, Response extends z.ZodType>(
  definition: RpcDefinition<Request, Response>,
): RpcDefinition<Request, Response> => definition;

/** Who asks, decided by the gateway; services trust it because only the gateway may publish on `rpc.>`. */
export const Caller = z.object({
  workspace: z.string(),
  /** The actor that events name: `key:<id>` for an API key. */
  actor: z.string(),
  /** The request id, carried through every event and log line that follows from the request. */
  correlation: z.string(),
});
export type Caller = z.infer<typeof Caller>;

/** What a command brings besides its own fields: time and randomness are drawn once, at the edge. */
export const CommandCaller = Caller.extend({
  commandId: z.uuid(),
  time: z.iso.datetime(),
});
export type CommandCaller = z.infer<typeof CommandCaller>;

/** A position in the log as callers see it: opaque, `<epoch>.<sequence>`. */
export const Position = z.string().min(3).max(64);

/** What the answer to a command says of the aggregate that it changed, or would have changed again. */
export const Committed = z.object({
  /** The aggregate's version after the command; the ETag. */
  version: z.int().positive(),
  /** Where in the log the answer's event lies. */
  position: Position,
  /** Whether the command was a repeat that changed nothing. */
  replayed: z.boolean(),
});
export type Committed = z.infer<typeof Committed>;

/**
 * How fresh the read model was when it answered. Why one is halted is told to operators alone (readiness, log): an
 * event that it cannot handle may be another workspace's.
 */
export const Freshness = z.object({
  position: Position,
  ageSeconds: z.number().nonnegative(),
  state: z.enum(['live', 'behind', 'halted']),
});
export type Freshness = z.infer<typeof Freshness>;
