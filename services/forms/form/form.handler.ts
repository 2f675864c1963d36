import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import type { FormDefinition } from '#contracts/form/definition';
import type { Idempotency } from '#contracts/form/form.events';
import {
  createForm,
  editDraft,
  getAnswersSchema,
  getForm,
  getVersion,
  listForms,
  publishForm,
  retireForm,
  retireVersion,
  type Form,
  type FormCommitted,
  type PublishedVersion,
} from '#contracts/form/form.rpc';
import { Problem } from '#contracts/errors';
import type { CommandCaller } from '#contracts/rpc';
import { subjects } from '#contracts/subjects';
import type { Executor } from '#eventing/executor';
import { answersSchema } from '#logic/answers-schema';
import { compileForm } from '#logic/compile';
import type { ReadModel } from '#readmodel/read-model';
import { derivedId, digest } from '#security/digest';
import { EXECUTOR, FORMS_MODEL, QUERY_TIMEOUT_MS } from '../tokens.ts';
import { FormCatalog } from './form-catalog.ts';
import { formDecider, type FormCommand } from './form.decider.ts';
import type { FormDocument } from './form.projection.ts';
import { queryForms } from './form.query.ts';
import { asForm, asPublishedVersion, type FormView } from './form.view.ts';

type Request<Rpc extends { request: z.ZodType }> = z.infer<Rpc['request']>;

@Controller()
export class FormHandler {
  constructor(
    @Inject(EXECUTOR) private readonly executor: Executor,
    private readonly catalog: FormCatalog,
    @Inject(FORMS_MODEL) private readonly model: ReadModel<FormDocument>,
  ) {}

  @MessagePattern(createForm.subject)
  async create(
    @Payload({ schema: createForm.request })
    { caller, form, definition, idempotencyKey }: Request<typeof createForm>,
  ): Promise<FormCommitted> {
    const checked = definitionOf(definition);
    const idempotency = idempotencyOf(caller, 'createForm', form, idempotencyKey, {
      form,
      definition: checked,
    });
    const command: FormCommand = { kind: 'create', definition: checked, idempotency };
    return this.execute(caller, form, command, { fresh: true, idempotency });
  }

  @MessagePattern(editDraft.subject)
  async edit(
    @Payload({ schema: editDraft.request })
    { caller, form, definition, expectVersion }: Request<typeof editDraft>,
  ): Promise<FormCommitted> {
    return this.execute(
      caller,
      form,
      { kind: 'editDraft', definition: definitionOf(definition) },
      { expectVersion },
    );
  }

  @MessagePattern(publishForm.subject)
  async publish(
    @Payload({ schema: publishForm.request }) request: Request<typeof publishForm>,
  ): Promise<FormCommitted> {
    const { caller, form, note, expectVersion, idempotencyKey } = request;
    const idempotency = idempotencyOf(caller, 'publishForm', form, idempotencyKey, { note });
    return this.execute(caller, form, { kind: 'publish', note, idempotency }, { expectVersion, idempotency });
  }

  @MessagePattern(retireVersion.subject)
  async retireVersion(
    @Payload({ schema: retireVersion.request }) request: Request<typeof retireVersion>,
  ): Promise<FormCommitted> {
    const { caller, form, number, reason, expectVersion } = request;
    return this.execute(caller, form, { kind: 'retireVersion', number, reason }, { expectVersion });
  }

  @MessagePattern(retireForm.subject)
  async retire(
    @Payload({ schema: retireForm.request })
    { caller, form, reason, expectVersion }: Request<typeof retireForm>,
  ): Promise<FormCommitted> {
    return this.execute(caller, form, { kind: 'retire', reason }, { expectVersion });
  }

  @MessagePattern(getForm.subject)
  async get(
    @Payload({ schema: getForm.request }) { caller, form }: Request<typeof getForm>,
  ): Promise<{ form: Form; position: string }> {
    const entry = await this.catalog.current(caller.workspace, form);
    return { form: asForm(entry), position: entry.position };
  }

  @MessagePattern(getVersion.subject)
  async version(
    @Payload({ schema: getVersion.request }) { caller, form, number }: Request<typeof getVersion>,
  ): Promise<PublishedVersion> {
    return versionOf(await this.catalog.current(caller.workspace, form), number);
  }

  @MessagePattern(getAnswersSchema.subject)
  async answersSchema(
    @Payload({ schema: getAnswersSchema.request }) { caller, form, number }: Request<typeof getAnswersSchema>,
  ): Promise<Record<string, unknown>> {
    return answersSchema(versionOf(await this.catalog.current(caller.workspace, form), number).definition);
  }

  @MessagePattern(listForms.subject)
  list(
    @Payload({ schema: listForms.request }) request: Request<typeof listForms>,
  ): Promise<z.infer<typeof listForms.response>> {
    return queryForms(this.model, request, QUERY_TIMEOUT_MS);
  }

  private async execute(
    caller: CommandCaller,
    form: string,
    command: FormCommand,
    {
      fresh = false,
      expectVersion = null,
      idempotency = null,
    }: { fresh?: boolean; expectVersion?: number | null; idempotency?: Idempotency | null },
  ): Promise<FormCommitted> {
    const { workspace, ...meta } = caller;
    const done = await this.executor.execute({
      subject: subjects.form(workspace, form),
      decider: formDecider,
      command,
      meta,
      fresh,
      ...(expectVersion === null ? {} : { expectVersion }),
    });
    this.catalog.forget(workspace, form);
    const replayed = done.appended === 0;
    // A repeat gets the answer of the first time, whatever has become of the form since.
    const showing =
      replayed && idempotency !== null
        ? this.catalog.asAnswered(workspace, form, idempotency.key)
        : this.catalog.get(workspace, form);
    const entry = await showing.catch((cause: unknown) => {
      throw new Problem('outcome_unknown', 'It was stored, and cannot be shown now', {
        retryAfter: 1,
        cause,
      });
    });
    const { version } = entry.outline;
    return { form: asForm(entry), committed: { version, position: entry.position, replayed } };
  }
}

function versionOf(view: FormView, number: number): PublishedVersion {
  const version = asPublishedVersion(view, number);
  if (!version) throw new Problem('version_not_found', `the form has no version ${number}`);
  return version;
}

/** @throws Problem `invalid_definition` with everything that is wrong, structure and rules */
function definitionOf(sent: unknown): FormDefinition {
  const compiled = compileForm(sent);
  if (compiled.ok) return compiled.form.definition;
  throw new Problem('invalid_definition', undefined, { errors: compiled.errors });
}

function idempotencyOf(
  { workspace, actor }: CommandCaller,
  operation: string,
  form: string,
  key: string | null,
  request: unknown,
): Idempotency | null {
  return key === null
    ? null
    : { key: derivedId(workspace, actor, operation, form, key), request: digest(request) };
}
