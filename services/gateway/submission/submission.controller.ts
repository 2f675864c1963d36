import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { FormId, VersionNumber } from '#contracts/form/form.rpc';
import type { Caller, CommandCaller } from '#contracts/rpc';
import {
  getHistory,
  getSubmission,
  listSubmissions,
  Receipt,
  Submission,
  SubmissionId,
  submit,
} from '#contracts/submission/submission.rpc';

import { RpcClient } from '#service/rpc-client';
import { Operation } from '../http/operation.ts';
import { FromCaller, FromCommandCaller } from '../http/principal.ts';
import { IdempotencyKey, Locale, MinPosition } from '../http/request-headers.ts';
import { entityTag, sayCommitted, sayFreshness } from '../http/response-headers.ts';
import { ListQuery } from './list-query.ts';

const FormPath = z.object({ form: FormId });
/** A UUID may be written in either case; ids are in lower case. */
const SubmissionPath = FormPath.extend({ submission: SubmissionId.toLowerCase() });

const SubmitBody = z
  .strictObject({
    answers: z.record(z.string(), z.unknown()).meta({ description: 'Answers by field name' }),
    version: VersionNumber.optional().meta({
      description: 'The version to answer; without it, the newest that takes submissions',
    }),
  })
  .meta({ examples: [{ answers: { name: 'Ada Lovelace', email: 'ada@example.org' } }] });

@ApiTags('submissions')
@Controller('v1/forms/:form/submissions')
export class SubmissionController {
  constructor(private readonly rpc: RpcClient) {}

  @Post()
  @Operation({
    id: 'submit',
    summary: 'Submit answers to a form',
    description:
      'Answered once the submission is stored durably. Every problem of the answers is named at once.',
    scope: 'submissions:write',
    status: 201,
    response: Receipt,
    errors: [
      'form_not_found',
      'version_not_found',
      'form_not_published',
      'version_retired',
      'form_retired',
      'invalid_answers',
      'idempotency_key_reused',
      'erased',
      'contended',
      'body_too_large',
      'malformed_json',
      'unsupported_media_type',
      'outcome_unknown',
    ],
    accepts: ['Idempotency-Key', 'Accept-Language'],
    gives: ['ETag', 'Formbus-Position', 'Location', 'Idempotency-Replayed'],
  })
  async submit(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: FormPath }) { form }: z.infer<typeof FormPath>,
    @Body({ schema: SubmitBody }) { answers, version }: z.infer<typeof SubmitBody>,
    @IdempotencyKey() idempotencyKey: string | null,
    @Locale() locale: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const { receipt, committed } = await this.rpc.call(submit, {
      caller,
      form,
      formVersion: version ?? null,
      answers,
      locale,
      idempotencyKey,
    });
    sayCommitted(reply, committed, `/v1/forms/${form}/submissions/${receipt.id}`);
    return receipt;
  }

  @Get()
  @Operation({
    id: 'listSubmissions',
    summary: 'List submissions, filtered and sorted, page by page',
    scope: 'submissions:read',
    response: listSubmissions.response,
    errors: ['form_not_found', 'bad_cursor', 'bad_position', 'read_model_unavailable', 'read_model_behind'],
    accepts: ['Formbus-Min-Position'],
    gives: ['Formbus-Position'],
  })
  async list(
    @FromCaller() caller: Caller,
    @Param({ schema: FormPath }) { form }: z.infer<typeof FormPath>,
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
    @MinPosition() minPosition: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof listSubmissions.response>> {
    const page = await this.rpc.call(listSubmissions, {
      caller,
      form,
      where: query.filter,
      sort: query.sort,
      limit: query.limit,
      cursor: query.cursor ?? null,
      count: query.count === 'true',
      minPosition,
    });
    sayFreshness(reply, page.readModel);
    return page;
  }

  @Get(':submission')
  @Operation({
    id: 'getSubmission',
    summary: 'Read one submission',
    scope: 'submissions:read',
    response: Submission,
    errors: [
      'form_not_found',
      'submission_not_found',
      'erased',
      'bad_position',
      'read_model_unavailable',
      'read_model_behind',
    ],
    accepts: ['Formbus-Min-Position'],
    gives: ['ETag', 'Formbus-Position'],
  })
  async get(
    @FromCaller() caller: Caller,
    @Param({ schema: SubmissionPath }) { form, submission }: z.infer<typeof SubmissionPath>,
    @MinPosition() minPosition: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Submission> {
    const found = await this.rpc.call(getSubmission, { caller, form, submission, minPosition });
    reply.header('etag', entityTag(found.submission.version));
    sayFreshness(reply, found.readModel);
    return found.submission;
  }

  @Get(':submission/history')
  @Operation({
    id: 'getHistory',
    summary: 'Read everything that happened to one submission, from the log itself',
    scope: 'submissions:read',
    response: getHistory.response,
    errors: ['form_not_found', 'submission_not_found', 'erased'],
    gives: ['Formbus-Position'],
  })
  async history(
    @FromCaller() caller: Caller,
    @Param({ schema: SubmissionPath }) { form, submission }: z.infer<typeof SubmissionPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof getHistory.response>> {
    const history = await this.rpc.call(getHistory, { caller, form, submission });
    reply.header('formbus-position', history.position);
    return history;
  }
}
