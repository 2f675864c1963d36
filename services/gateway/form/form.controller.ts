import { Body, Controller, Get, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  createForm,
  editDraft,
  Form,
  FormId,
  getAnswersSchema,
  getForm,
  getVersion,
  listForms,
  publishForm,
  PublishedVersion,
  retireForm,
  retireVersion,
  VersionNumber,
  type FormCommitted,
} from '#contracts/form/form.rpc';
import type { Caller, CommandCaller } from '#contracts/rpc';

import { RpcClient } from '#service/rpc-client';
import { Operation } from '../http/operation.ts';
import { PageLimit } from '../http/paging.ts';
import { FromCaller, FromCommandCaller } from '../http/principal.ts';
import { IdempotencyKey, IfMatch, MinPosition, RequiredIfMatch } from '../http/request-headers.ts';
import { checkedAs } from '../openapi/checked-as.ts';
import { entityTag, sayCommitted, sayFreshness } from '../http/response-headers.ts';

const FormPath = z.object({ form: FormId });
const VersionPath = FormPath.extend({ number: z.coerce.number().pipe(VersionNumber) });

/** `forms` checks definitions and names all that is wrong with them; here they only have a place. */
const DefinitionBody = z.strictObject({ definition: checkedAs('FormDefinition') });
const CreateBody = z.strictObject({ id: FormId, definition: checkedAs('FormDefinition') });
/** Every property has a default, and so has the body: it may be left out. */
const PublishBody = z.strictObject({ note: z.string().max(2000).default('') }).prefault({});
const RetireBody = z.strictObject({ reason: z.string().max(2000).default('') }).prefault({});

const ListQuery = z.strictObject({
  state: z.enum(['draft', 'published', 'retired']).optional(),
  limit: PageLimit,
  cursor: z.string().max(4000).optional(),
});

const COMMITTED = ['ETag', 'Formbus-Position'] as const;

@ApiTags('forms')
@Controller('v1/forms')
export class FormController {
  constructor(private readonly rpc: RpcClient) {}

  @Post()
  @Operation({
    id: 'createForm',
    summary: 'Create a form as a draft',
    description:
      'An Idempotency-Key counts for one form id: the same id and body give the first answer again, the same id with another definition is refused. Under another id the same key is another request.',
    scope: 'forms:write',
    status: 201,
    response: Form,
    errors: ['form_exists', 'invalid_definition', 'idempotency_key_reused', 'contended', 'outcome_unknown'],
    accepts: ['Idempotency-Key'],
    gives: [...COMMITTED, 'Location', 'Idempotency-Replayed'],
  })
  async create(
    @FromCommandCaller() caller: CommandCaller,
    @Body({ schema: CreateBody }) { id, definition }: z.infer<typeof CreateBody>,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Form> {
    const done = await this.rpc.call(createForm, { caller, form: id, definition, idempotencyKey });
    return changed(reply, done, `/v1/forms/${id}`);
  }

  @Get()
  @Operation({
    id: 'listForms',
    summary: 'List forms, the one changed last first',
    scope: 'forms:read',
    response: listForms.response,
    errors: ['bad_cursor', 'bad_position', 'read_model_unavailable', 'read_model_behind'],
    accepts: ['Formbus-Min-Position'],
    gives: ['Formbus-Position'],
  })
  async list(
    @FromCaller() caller: Caller,
    @Query({ schema: ListQuery }) { state, limit, cursor }: z.infer<typeof ListQuery>,
    @MinPosition() minPosition: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof listForms.response>> {
    const page = await this.rpc.call(listForms, {
      caller,
      state: state ?? null,
      limit,
      cursor: cursor ?? null,
      minPosition,
    });
    sayFreshness(reply, page.readModel);
    return page;
  }

  @Get(':form')
  @Operation({
    id: 'getForm',
    summary: 'Read a form with its draft and its versions',
    scope: 'forms:read',
    response: Form,
    errors: ['form_not_found'],
    gives: COMMITTED,
  })
  async get(
    @FromCaller() caller: Caller,
    @Param({ schema: FormPath }) { form }: z.infer<typeof FormPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Form> {
    const found = await this.rpc.call(getForm, { caller, form });
    reply.header('etag', entityTag(found.form.version)).header('formbus-position', found.position);
    return found.form;
  }

  @Put(':form/draft')
  @Operation({
    id: 'editDraft',
    summary: 'Replace the draft',
    description:
      'If-Match is required, so that nobody overwrites a change that they have not seen; `*` overwrites whatever is there.',
    scope: 'forms:write',
    response: Form,
    errors: [
      'form_not_found',
      'form_retired',
      'invalid_definition',
      'stale',
      'precondition_required',
      'contended',
      'outcome_unknown',
    ],
    requires: ['If-Match'],
    gives: COMMITTED,
  })
  async edit(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: FormPath }) { form }: z.infer<typeof FormPath>,
    @Body({ schema: DefinitionBody }) { definition }: z.infer<typeof DefinitionBody>,
    @RequiredIfMatch() expectVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Form> {
    return changed(reply, await this.rpc.call(editDraft, { caller, form, definition, expectVersion }));
  }

  @Post(':form/versions')
  @Operation({
    id: 'publishForm',
    summary: 'Publish the draft as the next version',
    description: 'A published version never changes; new submissions are made to the newest one.',
    scope: 'forms:write',
    status: 201,
    response: Form,
    errors: [
      'form_not_found',
      'form_retired',
      'form_has_no_draft_change',
      'invalid_definition',
      'stale',
      'idempotency_key_reused',
      'contended',
      'outcome_unknown',
    ],
    accepts: ['If-Match', 'Idempotency-Key'],
    gives: [...COMMITTED, 'Location', 'Idempotency-Replayed'],
  })
  async publish(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: FormPath }) { form }: z.infer<typeof FormPath>,
    @Body({ schema: PublishBody }) { note }: z.infer<typeof PublishBody>,
    @IfMatch() expectVersion: number | null,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Form> {
    const done = await this.rpc.call(publishForm, { caller, form, note, expectVersion, idempotencyKey });
    return changed(reply, done, `/v1/forms/${form}/versions/${done.form.versions.at(-1)?.number ?? 1}`);
  }

  @Get(':form/versions/:number')
  @Operation({
    id: 'getVersion',
    summary: 'Read one published version with its definition',
    scope: 'forms:read',
    response: PublishedVersion,
    errors: ['form_not_found', 'version_not_found'],
  })
  version(
    @FromCaller() caller: Caller,
    @Param({ schema: VersionPath }) { form, number }: z.infer<typeof VersionPath>,
  ): Promise<PublishedVersion> {
    return this.rpc.call(getVersion, { caller, form, number });
  }

  @Get(':form/versions/:number/schema')
  @Operation({
    id: 'getAnswersSchema',
    summary: 'Read the JSON Schema of the answers to one version',
    description: 'The structure alone; rules between fields are not part of it.',
    scope: 'forms:read',
    response: getAnswersSchema.response,
    errors: ['form_not_found', 'version_not_found'],
  })
  schema(
    @FromCaller() caller: Caller,
    @Param({ schema: VersionPath }) { form, number }: z.infer<typeof VersionPath>,
  ): Promise<Record<string, unknown>> {
    return this.rpc.call(getAnswersSchema, { caller, form, number });
  }

  @Post(':form/versions/:number/retire')
  @Operation({
    id: 'retireVersion',
    summary: 'Retire one version: it takes no new submissions',
    description:
      'For ever. Without `version`, submissions are then made to the newest version that is not retired. What was submitted stays.',
    scope: 'forms:write',
    response: Form,
    errors: ['form_not_found', 'version_not_found', 'stale', 'contended', 'outcome_unknown'],
    accepts: ['If-Match'],
    gives: COMMITTED,
  })
  async retireVersion(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: VersionPath }) { form, number }: z.infer<typeof VersionPath>,
    @Body({ schema: RetireBody }) { reason }: z.infer<typeof RetireBody>,
    @IfMatch() expectVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Form> {
    return changed(
      reply,
      await this.rpc.call(retireVersion, { caller, form, number, reason, expectVersion }),
    );
  }

  @Post(':form/retire')
  @Operation({
    id: 'retireForm',
    summary: 'Retire the form: no version of it takes new submissions',
    description:
      'For ever: a retired form can neither be changed nor opened again, and its id stays taken. What was submitted stays, and can be read.',
    scope: 'forms:write',
    response: Form,
    errors: ['form_not_found', 'stale', 'contended', 'outcome_unknown'],
    accepts: ['If-Match'],
    gives: COMMITTED,
  })
  async retire(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: FormPath }) { form }: z.infer<typeof FormPath>,
    @Body({ schema: RetireBody }) { reason }: z.infer<typeof RetireBody>,
    @IfMatch() expectVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Form> {
    return changed(reply, await this.rpc.call(retireForm, { caller, form, reason, expectVersion }));
  }
}

function changed(reply: FastifyReply, { form, committed }: FormCommitted, location?: string): Form {
  sayCommitted(reply, committed, location);
  return form;
}
