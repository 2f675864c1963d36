import { EVENTS, OWNERS } from '#contracts/catalog';
import { eventType, type EventDefinition, type DomainFamily } from '#contracts/event';
import { payloadSchemaOf, type JsonSchema } from './stored-schema.ts';

/** Where each family lies, with its parameters in braces. */
const ADDRESSES: Readonly<Record<DomainFamily, string>> = {
  workspace: 'evt.{workspace}.workspace.{workspace}',
  access: 'evt.{workspace}.access.{key}',
  form: 'evt.{workspace}.form.{form}',
  submission: 'evt.{workspace}.submission.{form}.{submission}',
  webhook: 'evt.{workspace}.webhook.{endpoint}',
  mail: 'evt.{workspace}.mail.{template}',
};

const HEADERS: JsonSchema = {
  type: 'object',
  required: [
    'ce-specversion',
    'ce-id',
    'ce-type',
    'ce-source',
    'ce-subject',
    'ce-time',
    'formbus-version',
    'formbus-actor',
  ],
  properties: {
    'ce-specversion': { const: '1.0' },
    'ce-id': { type: 'string', description: 'Unique; also Nats-Msg-Id' },
    'ce-type': { type: 'string', description: 'Name and version: formbus.submission.submitted.v1' },
    'ce-source': { type: 'string' },
    'ce-subject': { type: 'string', description: 'The NATS subject' },
    'ce-time': { type: 'string', format: 'date-time' },
    'ce-dataschema': { type: 'string', description: 'The $id of the JSON Schema of the data' },
    'ce-datacontenttype': { const: 'application/json' },
    'formbus-version': { type: 'string', description: 'The version of the aggregate: 1, 2, 3 without gaps' },
    'formbus-actor': { type: 'string' },
    'formbus-correlation': { type: 'string', description: 'The request id that it all began with' },
    'formbus-causation': { type: 'string' },
    traceparent: { type: 'string', description: 'W3C Trace Context' },
  },
};

/** The AsyncAPI 3.1 description of the log, for subscribers. */
export function asyncApi(): JsonSchema {
  const families = Object.keys(ADDRESSES) as DomainFamily[];
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Formbus events',
      version: '1',
      description:
        'Every change of Formbus, as CloudEvents 1.0 in binary mode on the JetStream stream EVENTS. Data are JSON; payloads are described as they lie in the log.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(families.map((family) => [family, channel(family)])),
    operations: Object.fromEntries(families.map((family) => [`on-${family}`, operation(family)])),
    components: {
      messages: Object.fromEntries(EVENTS.map((definition) => [eventType(definition), message(definition)])),
      schemas: { EventHeaders: HEADERS },
    },
  };
}

const eventsOf = (family: DomainFamily): EventDefinition[] => EVENTS.filter((one) => one.family === family);

function channel(family: DomainFamily): JsonSchema {
  const address = ADDRESSES[family];
  const names = new Set(address.match(/(?<=\{)\w+(?=\})/g));
  return {
    address,
    description: `Appended by ${OWNERS[family]} alone.`,
    parameters: Object.fromEntries(
      [...names].map((name) => [name, { description: `The id of the ${name}` }]),
    ),
    messages: Object.fromEntries(
      eventsOf(family).map((definition) => {
        const type = eventType(definition);
        return [type, { $ref: `#/components/messages/${type}` }];
      }),
    ),
  };
}

const operation = (family: DomainFamily): JsonSchema => ({
  action: 'send',
  summary: `Formbus appends events of the family ${family}`,
  channel: { $ref: `#/channels/${family}` },
});

function message(definition: EventDefinition): JsonSchema {
  return {
    name: eventType(definition),
    title: definition.name,
    summary: definition.summary,
    contentType: 'application/json',
    headers: { $ref: '#/components/schemas/EventHeaders' },
    payload: {
      schemaFormat: 'application/schema+json;version=draft-2020-12',
      schema: payloadSchemaOf(definition),
    },
  };
}
