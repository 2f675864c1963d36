import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Scope } from '#contracts/access/scopes';
import { Problem } from '#contracts/errors';
import { apiKeyId, matchesHash } from '#security/api-key';
import type { AuthenticatedRequest, Principal } from '../http/principal.ts';
import { NEEDS_SCOPE } from './needs-scope.ts';
import { AccessDirectory } from './access.directory.ts';
import type { KeyRecord } from './access.fold.ts';

const BEARER = /^Bearer +(\S+)$/i;

/** Lets a request through only with a valid key that has the route's scope. There is no other way in. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly directory: AccessDirectory,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const scope = this.reflector.get<Scope | undefined>(NEEDS_SCOPE, context.getHandler());
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    // Authentication comes first, so that nobody without a key learns anything of the routes.
    const principal = await this.authenticate(request.headers.authorization);
    if (scope === undefined) throw new Problem('forbidden', 'the route declares no scope');
    if (!principal.scopes.has(scope)) throw new Problem('forbidden', `the key needs the scope ${scope}`);
    request.principal = principal;
    return true;
  }

  private async authenticate(authorization: string | undefined): Promise<Principal> {
    const key = BEARER.exec(authorization ?? '')?.[1];
    const id = key === undefined ? undefined : apiKeyId(key);
    if (key === undefined || id === undefined) throw new Problem('unauthenticated');
    if (!this.directory.complete) {
      throw new Problem('service_unavailable', 'the gateway is still reading its keys', { retryAfter: 1 });
    }
    const record = await this.find(id);
    if (!record || !matchesHash(key, record.hash)) throw new Problem('unauthenticated');
    if (record.revokedAt !== null) throw new Problem('unauthenticated', 'the key was revoked');
    if (record.expiresAt !== null && Date.parse(record.expiresAt) <= Date.now()) {
      throw new Problem('unauthenticated', 'the key has expired');
    }
    return {
      workspace: record.workspace,
      key: record.id,
      scopes: record.scopes,
      expiresAt: record.expiresAt,
    };
  }

  private async find(id: string): Promise<KeyRecord | undefined> {
    const known = this.directory.key(id);
    if (known) return known;
    await this.directory.refresh();
    return this.directory.key(id);
  }
}
