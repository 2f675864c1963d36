import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { v7 as uuid } from 'uuid';
import { Problem } from '#contracts/errors';
import type { Committed } from '#contracts/rpc';
import {
  discloseEvent,
  getHistory,
  getSubmission,
  listSubmissions,
  submit,
  writeReceipt,
  type Receipt,
} from '#contracts/submission/submission.rpc';
import { subjects } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import type { Executed, Executor } from '#eventing/executor';
import type { ReadModel } from '#readmodel/read-model';
import { derivedId, digest } from '#security/digest';
import { FormCatalog, type CatalogEntry } from '../form/form-catalog.ts';
import { EVENT_LOG, EXECUTOR, QUERY_TIMEOUT_MS, SUBMISSIONS_MODEL } from '../tokens.ts';
import { admit, chooseVersion } from './submission.admission.ts';
import { SubmissionDisclosure } from './submission.disclosure.ts';
import { submissionDecider, type Admission, type SubmissionState } from './submission.decider.ts';
import { queryHistory } from './submission.history.ts';
import type { SubmissionDocument } from './submission.projection.ts';
import { queryList, queryOne } from './submission.query.ts';

type Request<Rpc extends { request: z.ZodType }> = z.infer<Rpc['request']>;
type Response<Rpc extends { response: z.ZodType }> = Promise<z.infer<Rpc['response']>>;

@Controller()
export class SubmissionHandler {
  constructor(
    @Inject(EXECUTOR) private readonly executor: Executor,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    private readonly catalog: FormCatalog,
    private readonly disclosure: SubmissionDisclosure,
    @Inject(SUBMISSIONS_MODEL) private readonly model: ReadModel<SubmissionDocument>,
  ) {}

  @MessagePattern(submit.subject)
  async submit(
    @Payload({ schema: submit.request }) request: Request<typeof submit>,
  ): Response<typeof submit> {
    const { caller, form, formVersion, answers, locale, idempotencyKey } = request;
    const { workspace, ...meta } = caller;
    const { entry, admission } = await this.admit(request);
    // Without a key the id is new, and nothing was accepted under it before.
    if (!admission.accepted && idempotencyKey === null) throw admission.problem;
    const id =
      idempotencyKey === null ? uuid() : derivedId(workspace, caller.actor, 'submit', form, idempotencyKey);
    const subject = subjects.submission(workspace, form, id);
    const done = await this.executor.execute({
      subject,
      decider: submissionDecider,
      command: {
        kind: 'submit',
        form,
        formVersion: chooseVersion(entry, formVersion) ?? 0,
        admission,
        request: digest({ formVersion, answers }),
        locale,
      },
      meta,
      // What is refused may be the repeat of what was accepted, so the log is asked before it is refused.
      fresh: admission.accepted,
      sealedBy: { workspace, owner: id },
    });
    return {
      receipt: receiptOf(id, form, await this.submittedAt(done, subject, caller.time), done.state),
      committed: committedOf(done),
    };
  }

  @MessagePattern(getSubmission.subject)
  get(
    @Payload({ schema: getSubmission.request }) request: Request<typeof getSubmission>,
  ): Response<typeof getSubmission> {
    return queryOne(this.model, this.catalog, request, QUERY_TIMEOUT_MS);
  }

  @MessagePattern(listSubmissions.subject)
  async list(
    @Payload({ schema: listSubmissions.request }) request: Request<typeof listSubmissions>,
  ): Response<typeof listSubmissions> {
    const form = await this.catalog.current(request.caller.workspace, request.form);
    return queryList(this.model, form, request, QUERY_TIMEOUT_MS);
  }

  @MessagePattern(getHistory.subject)
  history(
    @Payload({ schema: getHistory.request }) request: Request<typeof getHistory>,
  ): Response<typeof getHistory> {
    return queryHistory(this.log, this.catalog, request);
  }

  @MessagePattern(discloseEvent.subject)
  disclose(
    @Payload({ schema: discloseEvent.request }) place: Request<typeof discloseEvent>,
  ): Response<typeof discloseEvent> {
    return this.disclosure.disclose(place);
  }

  @MessagePattern(writeReceipt.subject)
  async writeReceipt(
    @Payload({ schema: writeReceipt.request }) place: Request<typeof writeReceipt>,
  ): Response<typeof writeReceipt> {
    return { letter: await this.disclosure.receipt(place) };
  }

  /** What the form as it is known here refuses may be what was just published elsewhere: then the log is asked. */
  private async admit({
    caller: { workspace, time: now },
    form,
    formVersion,
    answers,
    locale,
  }: Request<typeof submit>): Promise<{ entry: CatalogEntry; admission: Admission }> {
    const known = await this.catalog.get(workspace, form);
    const admission = admit(known, formVersion, answers, { now, locale });
    if (admission.accepted) return { entry: known, admission };
    const entry = await this.catalog.current(workspace, form);
    if (entry === known) return { entry, admission };
    return { entry, admission: admit(entry, formVersion, answers, { now, locale }) };
  }

  /** Of a repeat, the time of the request that it repeats. */
  private async submittedAt(done: Executed<SubmissionState>, subject: string, now: string): Promise<string> {
    if (done.appended > 0) return now;
    const [first] = await this.log.read(subject);
    if (!first) throw new Problem('internal', `${subject} was answered and is not in the log`);
    return first.time;
  }
}

function receiptOf(id: string, form: string, submittedAt: string, state: SubmissionState): Receipt {
  if (state.state === 'none') throw new Error('a submission was executed and is not there');
  const { formVersion, dropped } = state;
  return { id, form, formVersion, state: 'submitted', submittedAt, dropped: [...dropped] };
}

/** A repeat is given the position of the first answer again. */
function committedOf({ version, first, last, appended }: Executed<SubmissionState>): Committed {
  return appended > 0
    ? { version, position: last, replayed: false }
    : { version, position: first, replayed: true };
}
