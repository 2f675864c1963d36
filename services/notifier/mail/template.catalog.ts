import type { MailPurpose, TemplateContent } from '#contracts/mail/mail.events';
import type { MailTemplate, TemplateSource } from '#contracts/mail/mail.rpc';
import { subjects } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import type { StoredEvent } from '#eventing/stored-event';
import { builtIn } from './built-in.ts';
import type { TemplateEvent } from './template.decider.ts';
import { candidates, templateId } from './template.place.ts';

export interface ChosenTemplate {
  readonly content: TemplateContent;
  readonly source: TemplateSource;
}

export interface FoundTemplate {
  readonly template: MailTemplate;
  readonly position: string;
}

/** Templates as the log has them now: each event is the whole of one, so its last is all there is to read. */
export class TemplateCatalog {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Undefined when there is none, or none any more. */
  async find(workspace: string, id: string): Promise<FoundTemplate | undefined> {
    const last = await this.#last(workspace, id);
    if (last?.type !== 'formbus.mail.templateSet.v1') return undefined;
    return { template: asTemplate(last), position: last.position };
  }

  /** The first of its candidates that is there, or else what Formbus comes with. */
  async choose(
    workspace: string,
    { purpose, form, language }: { purpose: MailPurpose; form: string | null; language: string },
  ): Promise<ChosenTemplate> {
    const places = candidates(purpose, form, language);
    const found = await Promise.all(places.map(({ id }) => this.find(workspace, id)));
    const at = found.findIndex((one) => one !== undefined);
    const chosen = found[at];
    const source = places[at]?.source;
    if (chosen === undefined || source === undefined)
      return { content: builtIn(purpose, language), source: 'builtIn' };
    const { subject, text, html } = chosen.template;
    return { content: { subject, text, html }, source };
  }

  async #last(workspace: string, id: string): Promise<(StoredEvent & TemplateEvent) | undefined> {
    const seq = await this.#log.tail(subjects.mail(workspace, id));
    return (await this.#log.at(seq)) as (StoredEvent & TemplateEvent) | undefined;
  }
}

type WasSet = StoredEvent & Extract<TemplateEvent, { type: 'formbus.mail.templateSet.v1' }>;

const asTemplate = ({ data, version, time, actor }: WasSet): MailTemplate => ({
  id: templateId(data),
  ...data,
  version,
  updatedAt: time,
  updatedBy: actor,
});
