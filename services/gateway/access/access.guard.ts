import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Scope } from '#contracts/access/scopes';
import { Problem } from '#contracts/errors';
import type { AuthenticatedRequest } from '../http/principal.ts';
import { OPERATOR_WORKSPACE } from '../tokens.ts';
import { NEEDS_SCOPE } from './needs-scope.ts';

/**
 * Lets a request through only when it is authenticated and its key has the route's scope. There is no other way in.
 * What concerns the whole installation is for keys of its operator's workspace, whatever scopes others have.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(OPERATOR_WORKSPACE) private readonly operator: string,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const scope = this.reflector.get<Scope | undefined>(NEEDS_SCOPE, context.getHandler());
    const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (!principal) throw new Problem('unauthenticated');
    if (scope === undefined) throw new Problem('forbidden', 'the route declares no scope');
    if (!principal.scopes.has(scope)) throw new Problem('forbidden', `the key needs the scope ${scope}`);
    if (scope.startsWith('operations:') && principal.workspace !== this.operator) {
      throw new Problem(
        'forbidden',
        `${scope} counts for keys of the workspace of this installation's operator alone: it concerns all workspaces`,
      );
    }
    return true;
  }
}
