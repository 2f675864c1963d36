import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Scope } from '#contracts/access/scopes';
import { Problem } from '#contracts/errors';
import { AccessDirectory } from '../access/access.directory.ts';
import { Operation } from '../http/operation.ts';
import { FromPrincipal, type Principal } from '../http/principal.ts';

const Workspace = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  key: z.object({ id: z.string(), name: z.string(), scopes: z.array(Scope) }).meta({
    description: 'The key that asked',
  }),
});

@ApiTags('workspace')
@Controller('v1/workspace')
export class WorkspaceController {
  constructor(private readonly directory: AccessDirectory) {}

  @Get()
  @Operation({
    id: 'getWorkspace',
    summary: 'Read which workspace the key belongs to and what it may do',
    scope: 'workspace:read',
    response: Workspace,
  })
  get(@FromPrincipal() principal: Principal): z.infer<typeof Workspace> {
    const workspace = this.directory.workspace(principal.workspace);
    const key = this.directory.key(principal.key);
    if (!workspace || !key) throw new Problem('not_found', 'the workspace has no record');
    return { ...workspace, key: { id: key.id, name: key.name, scopes: [...key.scopes] } };
  }
}
