import pino from 'pino';
import { z } from 'zod';
import { EVENTS } from '#contracts/catalog';
import { eventType } from '#contracts/event';
import { FormDefinition } from '#contracts/form/definition';
import { RECORDS } from '#contracts/records';
import { EVENT_TYPES } from '#contracts/webhook/event-types';
import { DIRECTORY_TYPES } from '#services/gateway/access/access.fold';
import { commandLinePage } from '#tools/cli/page';
import { MAIL_TYPES } from '#services/notifier/mail/mail.policy';
import { WEBHOOK_TYPES } from '#services/notifier/webhook/webhook.fold';
import { apiDescription } from '#services/gateway/openapi/offline';
import { PROJECTIONS } from '../projections/chosen.ts';
import { asyncApi } from './asyncapi.ts';
import { errorsPage } from './errors-page.ts';
import { eventMap, projectionConsumers } from './event-map.ts';
import { dataSchemaOf } from './stored-schema.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every generated file of the repository, by its path. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const consumers = [
    ...Object.entries(PROJECTIONS).flatMap(([service, projections]) =>
      projectionConsumers(service, projections),
    ),
    { name: 'gateway: access directory', types: DIRECTORY_TYPES },
    { name: 'notifier: mail policy', types: MAIL_TYPES },
    { name: 'notifier: webhook directory', types: WEBHOOK_TYPES },
    { name: 'notifier: webhooks', types: EVENT_TYPES.map(({ type }) => type) },
  ];
  return new Map([
    ...[...EVENTS, ...RECORDS].map(
      (definition) =>
        [
          `contracts/generated/events/${eventType(definition)}.schema.json`,
          json(dataSchemaOf(definition)),
        ] as const,
    ),
    ['contracts/generated/form-definition.schema.json', json(formDefinitionSchema())],
    ['contracts/generated/asyncapi.json', json(asyncApi())],
    ['contracts/generated/openapi.json', json(await apiDescription(pino({ level: 'silent' })))],
    ['docs/errors.md', errorsPage()],
    ['docs/event-map.md', eventMap(consumers)],
    ['docs/cli.md', commandLinePage()],
  ]);
}

/** For editors: a form definition is completed and checked while it is written. */
function formDefinitionSchema(): unknown {
  return {
    $id: 'urn:formbus:schema:form-definition',
    ...z.toJSONSchema(FormDefinition, { target: 'draft-2020-12', io: 'input' }),
  };
}
