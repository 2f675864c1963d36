import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { Problem } from '#contracts/errors';
import { getForm } from '#contracts/form/form.rpc';
import type { TemplatePlace } from '#contracts/mail/mail.events';
import {
  getTemplate,
  listTemplates,
  previewMail,
  removeTemplate,
  sendTestMail,
  setTemplate,
  type MailTemplate,
} from '#contracts/mail/mail.rpc';
import type { Caller } from '#contracts/rpc';
import { getHistory, writeReceipt } from '#contracts/submission/submission.rpc';
import { subjects } from '#contracts/subjects';
import type { Executor } from '#eventing/executor';
import type { ReadModel } from '#readmodel/read-model';
import { RpcClient } from '#service/rpc-client';
import { EXECUTOR, QUERY_TIMEOUT_MS } from '../tokens.ts';
import type { Mailer } from './mailer.ts';
import { SmtpFailure } from './smtp-failure.ts';
import { TemplateCatalog, type ChosenTemplate } from './template.catalog.ts';
import { templateDecider } from './template.decider.ts';
import { checkedPlace, templateId } from './template.place.ts';
import type { TemplateDocument } from './template.projection.ts';
import { queryTemplates } from './template.query.ts';
import { TestQuota } from './test-quota.ts';
import { Typesetter } from './typesetter.ts';
import { receiptVariables, SAMPLES, type MailVariables } from './variables.ts';
import { MAIL_TEMPLATES_MODEL, MAILER } from './tokens.ts';
import { checkContent, word } from './wording.ts';

type Request<Rpc extends { request: z.ZodType }> = z.infer<Rpc['request']>;
type Response<Rpc extends { response: z.ZodType }> = Promise<z.infer<Rpc['response']>>;

/** Less than a caller waits for the answer. */
const TEST_TIMEOUT_MS = 6_000;
/** So that nobody takes made-up contents, or somebody's prank, for the real thing. */
const TEST_MARK = '[Test]';
const DEFAULT_LANGUAGE = 'en';

@Controller()
export class MailHandler {
  private readonly tests = new TestQuota();

  constructor(
    @Inject(EXECUTOR) private readonly executor: Executor,
    private readonly rpc: RpcClient,
    private readonly templates: TemplateCatalog,
    private readonly typesetter: Typesetter,
    @Inject(MAIL_TEMPLATES_MODEL) private readonly model: ReadModel<TemplateDocument>,
    /** Null without a mail server. */
    @Inject(MAILER) private readonly mailer: Mailer | null,
  ) {}

  @MessagePattern(setTemplate.subject)
  async set(
    @Payload({ schema: setTemplate.request }) request: Request<typeof setTemplate>,
  ): Response<typeof setTemplate> {
    const { caller, subject, text, html, expectVersion } = request;
    const place = checkedPlace(request);
    const content = { subject, text, html };
    await checkContent(this.typesetter, place.purpose, content);
    await this.requireForm(caller, place);
    const { workspace, ...meta } = caller;
    const id = templateId(place);
    const done = await this.executor.execute({
      subject: subjects.mail(workspace, id),
      decider: templateDecider,
      command: { kind: 'set', place, content },
      meta,
      ...(expectVersion === null ? {} : { expectVersion }),
    });
    const { version, last: position, appended } = done;
    const template: MailTemplate =
      appended > 0
        ? { id, ...place, ...content, version, updatedAt: meta.time, updatedBy: meta.actor }
        : (await this.found(workspace, id)).template;
    return { template, committed: { version, position, replayed: appended === 0 } };
  }

  @MessagePattern(removeTemplate.subject)
  async remove(
    @Payload({ schema: removeTemplate.request })
    { caller: { workspace, ...meta }, template, expectVersion }: Request<typeof removeTemplate>,
  ): Response<typeof removeTemplate> {
    const done = await this.executor.execute({
      subject: subjects.mail(workspace, template),
      decider: templateDecider,
      command: { kind: 'remove' },
      meta,
      ...(expectVersion === null ? {} : { expectVersion }),
    });
    const { version, last: position, appended } = done;
    return { committed: { version, position, replayed: appended === 0 } };
  }

  @MessagePattern(getTemplate.subject)
  get(
    @Payload({ schema: getTemplate.request }) { caller, template }: Request<typeof getTemplate>,
  ): Response<typeof getTemplate> {
    return this.found(caller.workspace, template);
  }

  @MessagePattern(listTemplates.subject)
  list(
    @Payload({ schema: listTemplates.request }) request: Request<typeof listTemplates>,
  ): Response<typeof listTemplates> {
    return queryTemplates(this.model, request, QUERY_TIMEOUT_MS);
  }

  @MessagePattern(previewMail.subject)
  async preview(
    @Payload({ schema: previewMail.request }) request: Request<typeof previewMail>,
  ): Response<typeof previewMail> {
    const place = checkedPlace(request);
    const { caller, submission, content } = request;
    await this.requireForm(caller, place);
    const variables =
      submission === null ? sampleOf(place) : await this.receiptOf(caller, place.form, submission);
    const chosen = await this.chosen(caller, place, content, variables.language);
    return { ...(await word(this.typesetter, chosen.content, variables)), source: chosen.source };
  }

  @MessagePattern(sendTestMail.subject)
  async test(
    @Payload({ schema: sendTestMail.request }) request: Request<typeof sendTestMail>,
  ): Response<typeof sendTestMail> {
    const { mailer } = this;
    if (mailer === null) throw new Problem('mail_not_configured');
    const place = checkedPlace(request);
    const { caller, content, to } = request;
    await this.requireForm(caller, place);
    const variables = sampleOf(place);
    const { language } = variables;
    const chosen = await this.chosen(caller, place, content, language);
    const wording = await word(this.typesetter, chosen.content, variables);
    this.tests.take(caller.workspace);
    const marked = { ...wording, subject: `${TEST_MARK} ${wording.subject}` };
    const mail = { id: caller.commandId, to, language, wording: marked };
    try {
      const { messageId, answer } = await mailer.send(mail, AbortSignal.timeout(TEST_TIMEOUT_MS));
      return { messageId, answer, source: chosen.source };
    } catch (error) {
      if (!(error instanceof SmtpFailure)) throw error;
      throw new Problem('mail_refused', `${mailer.server} (${error.code}): ${error.message}`);
    }
  }

  private async found(workspace: string, id: string): Response<typeof getTemplate> {
    const found = await this.templates.find(workspace, id);
    if (found === undefined) throw new Problem('mail_template_not_found');
    return found;
  }

  /** Words that were sent are checked like those that are set. */
  private async chosen(
    { workspace }: Caller,
    { purpose, form }: TemplatePlace,
    content: ChosenTemplate['content'] | null,
    language: string,
  ): Promise<ChosenTemplate> {
    if (content === null) return this.templates.choose(workspace, { purpose, form, language });
    await checkContent(this.typesetter, purpose, content);
    return { content, source: 'given' };
  }

  /** @throws Problem `form_not_found` */
  private async requireForm(
    { workspace, actor, correlation }: Caller,
    { form }: TemplatePlace,
  ): Promise<void> {
    if (form !== null) await this.rpc.call(getForm, { caller: { workspace, actor, correlation }, form });
  }

  private async receiptOf(
    { workspace, actor, correlation }: Caller,
    form: string | null,
    submission: string,
  ): Promise<MailVariables> {
    if (form === null) throw new Problem('bad_request', 'A submission is of a form: say of which.');
    const caller = { workspace, actor, correlation };
    const { items } = await this.rpc.call(getHistory, { caller, form, submission });
    const [submitted] = items;
    if (submitted === undefined) throw new Problem('submission_not_found');
    const { letter } = await this.rpc.call(writeReceipt, { workspace, position: submitted.position });
    if (letter !== null) return receiptVariables(letter);
    throw new Problem(
      'bad_request',
      'There is no receipt of this submission: its form asked for none, or the address was not given.',
    );
  }
}

const sampleOf = ({ purpose, language }: TemplatePlace): MailVariables =>
  SAMPLES[purpose](language ?? DEFAULT_LANGUAGE)[0];
