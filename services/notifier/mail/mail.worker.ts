import { Counter } from 'prom-client';
import { Problem } from '#contracts/errors';
import { mailTask } from '#contracts/mail/mail.task';
import { handle, type HandledTask, type TaskContext } from '#eventing/task/context';
import { letterOf, type Letter, type LetterSources, type MailPayload } from './letter.ts';
import type { AttemptOutcome, MailDeliveries } from './mail.deliveries.ts';
import type { Mailer, Sent } from './mailer.ts';
import { SmtpFailure } from './smtp-failure.ts';
import type { TemplateCatalog } from './template.catalog.ts';
import type { Typesetter } from './typesetter.ts';
import { word } from './wording.ts';

const attempts = new Counter({
  name: 'formbus_mail_attempts_total',
  help: 'Attempts to send mail, by purpose and what became of them',
  labelNames: ['purpose', 'state'],
});

export interface MailWorkerDependencies {
  readonly sources: LetterSources;
  /** Undefined without a mail server: tasks from before wait for one, and end as dead letters. */
  readonly mailer: Mailer | undefined;
  readonly templates: TemplateCatalog;
  readonly typesetter: Typesetter;
  readonly deliveries: MailDeliveries;
}

/** Sends mail. What the server will not have for good is recorded and done with; everything else is tried again. */
export const mailWorker = (dependencies: MailWorkerDependencies): HandledTask =>
  handle(mailTask, (payload, context) => sendMail(dependencies, payload, context));

async function sendMail(
  { sources, mailer, templates, typesetter, deliveries }: MailWorkerDependencies,
  payload: MailPayload,
  context: TaskContext,
): Promise<void> {
  if (mailer === undefined) throw new Problem('mail_not_configured');
  if (await deliveries.wasDelivered(context.id, payload)) return;
  const letter = await letterOf(sources, payload);
  if (letter === undefined) return;

  const startedAt = new Date();
  const sending = performance.now();
  const record = async (what: Pick<AttemptOutcome, 'state' | 'error'>, sent?: Sent): Promise<void> => {
    const { state } = what;
    attempts.inc({ purpose: payload.purpose, state });
    const outcome: AttemptOutcome = {
      ...what,
      attempt: context.attempt,
      startedAt: startedAt.toISOString(),
      durationMs: Math.round(performance.now() - sending),
      request: {
        // The record outlives the submission, and a domain may well name its owner.
        url: 'mailto:…',
        headers: { 'message-id': mailer.messageId(context.id) },
        bytes: sent?.bytes ?? 0,
      },
      response: sent === undefined ? null : { status: sent.status, headers: {}, body: null },
      nextAttemptAt: state === 'retrying' ? nextAttempt(context.attempt) : null,
    };
    await deliveries.record(context, payload, outcome).catch((error: unknown) => {
      // It was sent, or it was not: to fail for want of the record would send it twice, or hide why it failed.
      context.logger.error({ err: error, state }, 'an attempt to send mail could not be recorded');
    });
  };

  let sent: Sent;
  try {
    sent = await send({ mailer, templates, typesetter }, letter, payload, context);
  } catch (error) {
    const final = error instanceof SmtpFailure && error.final;
    const state = final || context.last ? 'failed' : 'retrying';
    await record({ state, error: { code: codeOf(error), detail: detailOf(error) } });
    if (final) return;
    throw error;
  }
  await record({ state: 'delivered', error: null }, sent);
}

async function send(
  {
    mailer,
    templates,
    typesetter,
  }: { readonly mailer: Mailer } & Pick<MailWorkerDependencies, 'templates' | 'typesetter'>,
  { to, variables }: Letter,
  { workspace, purpose, form }: MailPayload,
  { id, signal }: TaskContext,
): Promise<Sent> {
  const { language } = variables;
  const { content } = await templates.choose(workspace, { purpose, form, language });
  const wording = await word(typesetter, content, variables);
  return mailer.send({ id, to, language, wording }, signal);
}

function nextAttempt(attempt: number): string | null {
  const pauseMs = mailTask.backoffMs[attempt - 1];
  return pauseMs === undefined ? null : new Date(Date.now() + pauseMs).toISOString();
}

function codeOf(error: unknown): string {
  return error instanceof SmtpFailure || error instanceof Problem ? error.code : 'internal';
}

/** What was said by the server or of the template; of anything else that it was, since it may hold an address. */
function detailOf(error: unknown): string {
  const said = error instanceof SmtpFailure || error instanceof Problem ? error.message : 'unexpected error';
  return said.slice(0, 500);
}
