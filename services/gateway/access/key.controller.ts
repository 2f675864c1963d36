import { Body, Controller, Delete, Get, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Scope } from '#contracts/access/scopes';
import { Problem } from '#contracts/errors';
import type { CommandCaller } from '#contracts/rpc';
import { subjects } from '#contracts/subjects';
import type { Executed, Executor } from '#eventing/executor';
import { issueApiKey } from '#security/api-key';
import { derivedId } from '#security/digest';
import { Instant } from '../http/instant.ts';
import { Operation } from '../http/operation.ts';
import { FromCommandCaller, FromPrincipal, type Principal } from '../http/principal.ts';
import { IdempotencyKey } from '../http/request-headers.ts';
import { entityTag, sayCommitted } from '../http/response-headers.ts';
import { AccessDirectory } from './access.directory.ts';
import type { KeyRecord } from './access.fold.ts';
import { keyDecider, type KeyCommand, type KeyState } from './key.decider.ts';
import { EXECUTOR } from '../tokens.ts';

const ApiKey = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(Scope),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
type ApiKey = z.infer<typeof ApiKey>;

const CreatedKey = ApiKey.extend({
  key: z.string().meta({ description: 'The key itself: shown here once, and never again' }),
});

const CreateBody = z.strictObject({
  name: z.string().min(1).max(200),
  scopes: z.array(Scope).min(1),
  expiresAt: Instant.nullable()
    .default(null)
    .meta({ description: 'In the future, with any offset from UTC; null is never' }),
});

const KeyPath = z.object({
  key: z.string().regex(/^[A-Za-z0-9]{8}$/, 'Must be the eight letters and digits of a key id.'),
});

@ApiTags('keys')
@Controller('v1/keys')
export class KeyController {
  constructor(
    private readonly directory: AccessDirectory,
    @Inject(EXECUTOR) private readonly executor: Executor,
  ) {}

  @Post()
  @Operation({
    id: 'createKey',
    summary: 'Create an API key for this workspace',
    description:
      'A key can give no scope that it does not have itself, and none that outlives it. The new key is shown once: a repeat with the same Idempotency-Key makes no second one, and is refused with the id of the first (`key_exists`).',
    scope: 'keys:write',
    status: 201,
    response: CreatedKey,
    errors: ['key_exists', 'contended', 'outcome_unknown'],
    accepts: ['Idempotency-Key'],
    gives: ['ETag', 'Formbus-Position', 'Location'],
  })
  async create(
    @FromCommandCaller() caller: CommandCaller,
    @FromPrincipal() principal: Principal,
    @Body({ schema: CreateBody }) { name, scopes, expiresAt }: z.infer<typeof CreateBody>,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof CreatedKey>> {
    const lacking = scopes.filter((scope) => !principal.scopes.has(scope));
    if (lacking.length > 0) throw new Problem('forbidden', `the key lacks ${lacking.join(', ')} itself`);
    if (outlives(expiresAt, principal.expiresAt)) {
      throw new Problem(
        'forbidden',
        `a key that ends at ${principal.expiresAt} can give none that lasts longer`,
      );
    }
    if (expiresAt !== null && expiresAt <= caller.time) throw inThePast();
    const { workspace, actor } = caller;
    const { key, id, hash } = issueApiKey(
      idempotencyKey === null ? undefined : derivedId(workspace, actor, 'createKey', idempotencyKey),
    );
    const command = { kind: 'create', key: id, name, hash, scopes: [...new Set(scopes)], expiresAt } as const;
    sayDone(reply, await this.execute(caller, id, command, true), `/v1/keys/${id}`);
    const { scopes: given } = command;
    return {
      id,
      name,
      scopes: [...given],
      createdAt: caller.time,
      createdBy: actor,
      expiresAt,
      revokedAt: null,
      key,
    };
  }

  @Get()
  @Operation({
    id: 'listKeys',
    summary: "List this workspace's API keys, the newest first",
    scope: 'keys:read',
    response: z.object({ items: z.array(ApiKey) }),
  })
  async list(@FromPrincipal() { workspace }: Principal): Promise<{ items: ApiKey[] }> {
    // Another process may have created one a moment ago.
    await this.directory.refresh();
    return { items: this.directory.keysOf(workspace).map(describe) };
  }

  @Get(':key')
  @Operation({
    id: 'getKey',
    summary: 'Read what an API key may do, without the key itself',
    scope: 'keys:read',
    response: ApiKey,
    errors: ['key_not_found'],
    gives: ['ETag'],
  })
  async get(
    @FromPrincipal() { workspace }: Principal,
    @Param({ schema: KeyPath }) { key }: z.infer<typeof KeyPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiKey> {
    // Another process may have created or revoked it a moment ago.
    await this.directory.refresh();
    const found = this.directory.key(key);
    if (found?.workspace !== workspace) throw new Problem('key_not_found');
    reply.header('etag', entityTag(found.version));
    return describe(found);
  }

  @Delete(':key')
  @Operation({
    id: 'revokeKey',
    summary: 'Revoke an API key for ever',
    scope: 'keys:write',
    response: z.object({ id: z.string(), revoked: z.literal(true) }),
    errors: ['key_not_found', 'contended', 'outcome_unknown'],
    gives: ['ETag', 'Formbus-Position'],
  })
  async revoke(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: KeyPath }) { key }: z.infer<typeof KeyPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ id: string; revoked: true }> {
    const reason = `revoked by ${caller.actor}`;
    sayDone(reply, await this.execute(caller, key, { kind: 'revoke', reason }, false));
    // Whoever was told that it is revoked finds it so, here at least at once.
    await this.directory.refresh();
    return { id: key, revoked: true };
  }

  private execute(
    caller: CommandCaller,
    key: string,
    command: KeyCommand,
    fresh: boolean,
  ): Promise<Executed<KeyState>> {
    const { workspace, ...meta } = caller;
    return this.executor.execute({
      subject: subjects.access(workspace, key),
      decider: keyDecider,
      command,
      meta,
      fresh,
    });
  }
}

const inThePast = (): Problem =>
  new Problem('bad_request', 'The body has 1 error.', {
    errors: [{ path: '/expiresAt', code: 'too_early', message: 'Must be in the future.' }],
  });

/** Both RFC 3339; null is for ever. */
function outlives(one: string | null, other: string | null): boolean {
  return other !== null && (one === null || Date.parse(one) > Date.parse(other));
}

function sayDone(
  reply: FastifyReply,
  { version, last, appended }: Executed<KeyState>,
  location?: string,
): void {
  sayCommitted(reply, { version, position: last, replayed: appended === 0 }, location);
}

function describe({ id, name, scopes, createdAt, createdBy, expiresAt, revokedAt }: KeyRecord): ApiKey {
  return { id, name, scopes: [...scopes], createdAt, createdBy, expiresAt, revokedAt };
}
