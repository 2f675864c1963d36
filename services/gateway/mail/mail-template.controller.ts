import { Body, Controller, Delete, Get, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Problem } from '#contracts/errors';
import {
  getTemplate,
  listTemplates,
  MailTemplate,
  NewContent,
  previewMail,
  RenderedMail,
  removeTemplate,
  sendTestMail,
  setTemplate,
  TemplateId,
} from '#contracts/mail/mail.rpc';
import type { Caller, CommandCaller } from '#contracts/rpc';
import { RpcClient } from '#service/rpc-client';
import { Operation } from '../http/operation.ts';
import { Cursor, PageLimit } from '../http/paging.ts';
import { FromCaller, FromCommandCaller, FromPrincipal, type Principal } from '../http/principal.ts';
import { IfMatch, MinPosition } from '../http/request-headers.ts';
import { entityTag, sayCommitted, sayFreshness } from '../http/response-headers.ts';

/** A UUID may be written in either case; ids are in lower case. */
const TemplatePath = z.object({ template: TemplateId.toLowerCase() });
const ListQuery = z.strictObject({ limit: PageLimit, cursor: Cursor });

const { purpose, form, language } = setTemplate.request.shape;
const { submission } = previewMail.request.shape;
const { to } = sendTestMail.request.shape;

/** What mail a template is for; without form and language, all of its purpose. */
const place = { purpose, form: form.default(null), language: language.default(null) };

/** Words of the request, which nobody else gets to see. */
const content = z
  .strictObject({ ...NewContent.shape, html: NewContent.shape.html.default(null) })
  .nullable()
  .default(null)
  .meta({ description: 'Words to try; null for those of the template that would be chosen' });

const SetBody = z
  .strictObject({ ...place, ...NewContent.shape, html: NewContent.shape.html.default(null) })
  .meta({
    examples: [
      {
        purpose: 'receipt',
        form: 'contact',
        language: 'en',
        subject: 'We got your message',
        text: 'Thank you. This is what you wrote:\n{% for one in answers %}{{ one.label }}: {{ one.answer }}\n{% endfor %}',
      },
    ],
  });

const PreviewBody = z
  .strictObject({ ...place, content, submission: submission.default(null) })
  .meta({ examples: [{ purpose: 'receipt', form: 'contact', language: 'en' }] });

const TestBody = z
  .strictObject({ ...place, content, to })
  .meta({ examples: [{ purpose: 'receipt', to: 'ada@example.org' }] });

const RemovedTemplate = z.object({ id: TemplateId, removed: z.literal(true) });
const COMMITTED = ['ETag', 'Formbus-Position'] as const;

@ApiTags('mail')
@Controller('v1/mail-templates')
export class MailTemplateController {
  constructor(private readonly rpc: RpcClient) {}

  @Put()
  @Operation({
    id: 'setMailTemplate',
    summary: 'Word the mail of one purpose, form and language',
    description:
      'Makes the template or replaces it: there is one for each purpose, form and language, and mail takes the most special that there is, before the one that Formbus comes with. Send If-Match with the ETag of a template that is to be replaced, so that nobody overwrites a change that they have not seen. The words are Liquid; what is wrong with them is told with line and column.',
    scope: 'mail:write',
    response: MailTemplate,
    errors: ['invalid_template', 'form_not_found', 'stale', 'contended', 'outcome_unknown'],
    accepts: ['If-Match'],
    gives: COMMITTED,
  })
  async set(
    @FromCommandCaller() caller: CommandCaller,
    @Body({ schema: SetBody }) body: z.infer<typeof SetBody>,
    @IfMatch() expectVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MailTemplate> {
    const { template, committed } = await this.rpc.call(setTemplate, { caller, ...body, expectVersion });
    sayCommitted(reply, committed);
    return template;
  }

  @Get()
  @Operation({
    id: 'listMailTemplates',
    summary: 'List mail templates by purpose, form and language, without their text',
    scope: 'mail:read',
    response: listTemplates.response,
    errors: ['bad_cursor', 'bad_position', 'read_model_unavailable', 'read_model_behind'],
    accepts: ['Formbus-Min-Position'],
    gives: ['Formbus-Position'],
  })
  async list(
    @FromCaller() caller: Caller,
    @Query({ schema: ListQuery }) { limit, cursor }: z.infer<typeof ListQuery>,
    @MinPosition() minPosition: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof listTemplates.response>> {
    const request = { caller, limit, cursor: cursor ?? null, minPosition };
    const page = await this.rpc.call(listTemplates, request);
    sayFreshness(reply, page.readModel);
    return page;
  }

  @Get(':template')
  @Operation({
    id: 'getMailTemplate',
    summary: 'Read a mail template',
    scope: 'mail:read',
    response: MailTemplate,
    errors: ['mail_template_not_found'],
    gives: COMMITTED,
  })
  async get(
    @FromCaller() caller: Caller,
    @Param({ schema: TemplatePath }) { template }: z.infer<typeof TemplatePath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MailTemplate> {
    const found = await this.rpc.call(getTemplate, { caller, template });
    reply.header('etag', entityTag(found.template.version)).header('formbus-position', found.position);
    return found.template;
  }

  @Delete(':template')
  @Operation({
    id: 'removeMailTemplate',
    summary: 'Remove a mail template',
    description: 'The next more general one takes its place, at last the one that Formbus comes with.',
    scope: 'mail:write',
    response: RemovedTemplate,
    errors: ['mail_template_not_found', 'stale', 'contended', 'outcome_unknown'],
    accepts: ['If-Match'],
    gives: ['Formbus-Position'],
  })
  async remove(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: TemplatePath }) { template }: z.infer<typeof TemplatePath>,
    @IfMatch() expectVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof RemovedTemplate>> {
    const { committed } = await this.rpc.call(removeTemplate, { caller, template, expectVersion });
    reply.header('formbus-position', committed.position);
    return { id: template, removed: true };
  }

  @Post('preview')
  @Operation({
    id: 'previewMail',
    summary: 'See what a mail would look like',
    description:
      'Of the words in `content`, or of the template that would be chosen; with made-up answers, or with those of a `submission` of the form, for which the key needs the scope `submissions:read` as well. Nothing is sent.',
    scope: 'mail:read',
    response: RenderedMail,
    errors: ['invalid_template', 'form_not_found', 'submission_not_found', 'erased'],
  })
  preview(
    @FromCaller() caller: Caller,
    @FromPrincipal() { scopes }: Principal,
    @Body({ schema: PreviewBody }) body: z.infer<typeof PreviewBody>,
  ): Promise<RenderedMail> {
    if (body.submission !== null && !scopes.has('submissions:read'))
      throw new Problem('forbidden', 'the mail shows answers: the key needs the scope submissions:read');
    return this.rpc.call(previewMail, { caller, ...body });
  }

  @Post('test')
  @Operation({
    id: 'sendTestMail',
    summary: 'Send a mail with made-up contents now, and see what the mail server says',
    description:
      'Its subject begins with `[Test]`, and a workspace can send ten an hour. Not tried again when it fails, and in no list of deliveries.',
    scope: 'mail:write',
    response: sendTestMail.response,
    errors: [
      'mail_not_configured',
      'mail_refused',
      'too_many_requests',
      'invalid_template',
      'form_not_found',
      'outcome_unknown',
    ],
  })
  test(
    @FromCommandCaller() caller: CommandCaller,
    @Body({ schema: TestBody }) body: z.infer<typeof TestBody>,
  ): Promise<z.infer<typeof sendTestMail.response>> {
    return this.rpc.call(sendTestMail, { caller, ...body });
  }
}
