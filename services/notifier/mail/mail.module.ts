import { Module, type DynamicModule } from '@nestjs/common';
import type { Executor } from '#eventing/executor';
import type { ReadModel } from '#readmodel/read-model';
import { RpcClient } from '#service/rpc-client';
import { EXECUTOR } from '../tokens.ts';
import { MailHandler } from './mail.handler.ts';
import type { Mailer } from './mailer.ts';
import { TemplateCatalog } from './template.catalog.ts';
import type { TemplateDocument } from './template.projection.ts';
import { MAIL_TEMPLATES_MODEL, MAILER } from './tokens.ts';
import { Typesetter } from './typesetter.ts';

export interface MailModuleDependencies {
  readonly executor: Executor;
  readonly rpc: RpcClient;
  readonly templates: TemplateCatalog;
  readonly typesetter: Typesetter;
  readonly model: ReadModel<TemplateDocument>;
  readonly mailer: Mailer | undefined;
}

/** The RPC of mail: templates, previews, tests. */
@Module({})
export class MailModule {
  static with({
    executor,
    rpc,
    templates,
    typesetter,
    model,
    mailer,
  }: MailModuleDependencies): DynamicModule {
    return {
      module: MailModule,
      controllers: [MailHandler],
      providers: [
        { provide: EXECUTOR, useValue: executor },
        { provide: RpcClient, useValue: rpc },
        { provide: TemplateCatalog, useValue: templates },
        { provide: Typesetter, useValue: typesetter },
        { provide: MAIL_TEMPLATES_MODEL, useValue: model },
        { provide: MAILER, useValue: mailer ?? null },
      ],
    };
  }
}
