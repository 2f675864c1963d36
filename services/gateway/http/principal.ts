import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { Scope } from '#contracts/access/scopes';
import type { Caller, CommandCaller } from '#contracts/rpc';
import type { FastifyRequest } from 'fastify';

/** Who a request was authenticated as. */
export interface Principal {
  readonly workspace: string;
  readonly key: string;
  readonly scopes: ReadonlySet<Scope>;
  /** When its key ends, RFC 3339; null for never. */
  readonly expiresAt: string | null;
}

export interface AuthenticatedRequest extends FastifyRequest {
  principal?: Principal;
}

export function principalOf(context: ExecutionContext): Principal {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!principal) throw new Error('the handler of a public route asked for the principal');
  return principal;
}

export function callerOf(context: ExecutionContext): Caller {
  const { workspace, key } = principalOf(context);
  const { id } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return { workspace, actor: `key:${key}`, correlation: id };
}

/** The caller, as every request to a service carries it. */
export const FromCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller =>
  callerOf(context),
);

/** The caller of a command, with the command's id and time: drawn here, once, and nowhere below. */
export const FromCommandCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): CommandCaller => ({
    ...callerOf(context),
    commandId: uuid(),
    time: new Date().toISOString(),
  }),
);

export const FromPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal =>
  principalOf(context),
);
