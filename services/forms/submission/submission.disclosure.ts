import { Problem } from '#contracts/errors';
import { eventType } from '#contracts/event';
import type { FormDefinition } from '#contracts/form/definition';
import { submissionSubmittedV2, type Answers } from '#contracts/submission/submission.events';
import type { Disclosure, ReceiptLetter } from '#contracts/submission/submission.rpc';
import type { EventLog } from '#eventing/event-log';
import { parsePosition } from '#eventing/position';
import type { StoredEvent } from '#eventing/stored-event';
import { openFields, writeLetter } from '#logic/letter';
import type { FormCatalog } from '../form/form-catalog.ts';
import type { SubmissionEvent } from './submission.decider.ts';
import { submissionIdOf } from './submission.subject.ts';

/** An event of a submission; of an erased one the answers and the language are not there. */
type Submitted = StoredEvent & SubmissionEvent;
type Forms = Pick<FormCatalog, 'get' | 'current'>;

interface Place {
  readonly workspace: string;
  readonly position: string;
}

/** What leaves Formbus: events of submissions, without what their form calls sensitive. */
export class SubmissionDisclosure {
  readonly #log: Pick<EventLog, 'epoch' | 'at'>;
  readonly #forms: Forms;
  /** The names of the fields that may be told, of each version; all of it lives as long as the definition. */
  readonly #told = new WeakMap<FormDefinition, ReadonlySet<string>>();

  constructor(log: Pick<EventLog, 'epoch' | 'at'>, forms: Forms) {
    this.#log = log;
    this.#forms = forms;
  }

  /** @throws Problem `submission_not_found`, `bad_position` */
  async disclose(place: Place): Promise<Disclosure> {
    const event = await this.#eventAt(place);
    const { type, time, version, actor, subject, erased, data } = event;
    const { form, formVersion, dropped } = data;
    const envelope = { type, time, version, actor, submission: submissionIdOf(subject), erased };
    return {
      ...envelope,
      form,
      formVersion,
      dropped,
      answers: erased ? {} : this.#open(await this.#definitionOf(event), data.answers),
      locale: erased ? null : data.locale,
    };
  }

  /** The letter to who submitted, or null when there is none to send. @throws as {@link disclose} */
  async receipt(place: Place): Promise<ReceiptLetter | null> {
    const event = await this.#eventAt(place);
    if (event.erased) return null;
    const { form, formVersion, answers, locale } = event.data;
    const definition = await this.#definitionOf(event);
    const to = definition.receipt && answers[definition.receipt.to];
    if (typeof to !== 'string') return null;
    const letter = writeLetter(definition, answers, locale);
    return {
      to,
      form,
      formVersion,
      submission: submissionIdOf(event.subject),
      submittedAt: event.time,
      ...letter,
    };
  }

  async #eventAt({ workspace, position }: Place): Promise<Submitted> {
    const event = await this.#log.at(parsePosition(position, this.#log.epoch));
    const isTheirs = event?.subject.startsWith(`evt.${workspace}.submission.`) === true;
    if (!isTheirs || event.type !== eventType(submissionSubmittedV2))
      throw new Problem('submission_not_found', 'no event of a submission lies at this position');
    return event as Submitted;
  }

  /** A version that is not known here yet was just published elsewhere. */
  async #definitionOf({ workspace, data: { form, formVersion } }: Submitted): Promise<FormDefinition> {
    const known = await this.#forms.get(workspace, form);
    const definition =
      known.definitions.get(formVersion) ??
      (await this.#forms.current(workspace, form)).definitions.get(formVersion);
    if (!definition) throw new Problem('version_not_found', `the form has no version ${formVersion}`);
    return definition;
  }

  #open(definition: FormDefinition, answers: Answers): Answers {
    const told = this.#told.get(definition) ?? new Set(openFields(definition).map(({ name }) => name));
    this.#told.set(definition, told);
    return Object.fromEntries(Object.entries(answers).filter(([name]) => told.has(name)));
  }
}
