import { Module, type DynamicModule } from '@nestjs/common';
import type { EventLog } from '#eventing/event-log';
import type { Executor } from '#eventing/executor';
import type { Keyring } from '#eventing/keyring';
import type { ReadModel } from '#readmodel/read-model';
import { Custody } from './custody/custody.ts';
import { CustodyHandler } from './custody/custody.handler.ts';
import { FormCatalog } from './form/form-catalog.ts';
import { FormHandler } from './form/form.handler.ts';
import { formsProjection, type FormDocument } from './form/form.projection.ts';
import { SubmissionDisclosure } from './submission/submission.disclosure.ts';
import { SubmissionHandler } from './submission/submission.handler.ts';
import { submissionsProjection, type SubmissionDocument } from './submission/submission.projection.ts';
import { EVENT_LOG, EXECUTOR, FORMS_MODEL, SUBMISSIONS_MODEL } from './tokens.ts';

/** The read models of this service, built by its role `projector`. */
export const PROJECTIONS = [formsProjection, submissionsProjection] as const;

export interface FormsDependencies {
  readonly log: EventLog;
  readonly executor: Executor;
  readonly keyring: Keyring;
  readonly catalog: FormCatalog;
  readonly forms: ReadModel<FormDocument>;
  readonly submissions: ReadModel<SubmissionDocument>;
}

/** What the role `api` answers: the RPC of forms, submissions and custody. */
@Module({})
export class FormsModule {
  static with({ log, executor, keyring, catalog, forms, submissions }: FormsDependencies): DynamicModule {
    return {
      module: FormsModule,
      controllers: [FormHandler, SubmissionHandler, CustodyHandler],
      providers: [
        { provide: EVENT_LOG, useValue: log },
        { provide: EXECUTOR, useValue: executor },
        { provide: Custody, useValue: new Custody(keyring) },
        { provide: FormCatalog, useValue: catalog },
        { provide: SubmissionDisclosure, useValue: new SubmissionDisclosure(log, catalog) },
        { provide: FORMS_MODEL, useValue: forms },
        { provide: SUBMISSIONS_MODEL, useValue: submissions },
      ],
    };
  }
}
