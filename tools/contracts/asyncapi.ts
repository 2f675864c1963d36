import { EVENTS, OWNERS } from '#contracts/catalog';
import { eventType, type DomainFamily, type EventDefinition } from '#contracts/event';
import { RECORD_STREAMS, RECORDS } from '#contracts/records';
import { batchMemberEndedV1, taskChangedV1 } from '#contracts/task/task.records';
import { payloadSchemaOf, type JsonSchema } from './stored-schema.ts';

interface Place {
  readonly stream: string;
  /** With its parameters in braces. */
  readonly address: string;
  readonly description: string;
  readonly definitions: readonly EventDefinition[];
}

const ADDRESSES: Readonly<Record<DomainFamily, string>> = {
  workspace: 'evt.{workspace}.workspace.{workspace}',
  access: 'evt.{workspace}.access.{key}',
  form: 'evt.{workspace}.form.{form}',
  submission: 'evt.{workspace}.submission.{form}.{submission}',
  webhook: 'evt.{workspace}.webhook.{endpoint}',
  mail: 'evt.{workspace}.mail.{template}',
};

/** What lies where, by the name of its channel. */
const PLACES: Readonly<Record<string, Place>> = {
  ...Object.fromEntries(
    Object.entries(ADDRESSES).map(([family, address]): [string, Place] => [
      family,
      {
        stream: 'EVENTS',
        address,
        description: `Appended by ${OWNERS[family as DomainFamily]} alone, and kept for ever.`,
        definitions: EVENTS.filter((one) => one.family === family),
      },
    ]),
  ),
  task: {
    stream: RECORD_STREAMS.task,
    address: 'tev.{workspace}.{task}',
    description: 'The newest record of each task alone, until its result can no longer be read.',
    definitions: [taskChangedV1],
  },
  'batch-member': {
    stream: RECORD_STREAMS.task,
    address: 'tev.{workspace}.{batch}.{task}',
    description: 'One record of each task of a batch that has ended, as long as that of the batch.',
    definitions: [batchMemberEndedV1],
  },
  delivery: {
    stream: RECORD_STREAMS.delivery,
    address: 'delivery.{workspace}.{endpoint}.{submission}',
    description: 'Kept for 30 days. What is not about a submission has `_` in its place.',
    definitions: RECORDS.filter((one) => one.family === 'delivery'),
  },
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

/** The AsyncAPI 3.1 description of the log and the records beside it, for subscribers. */
export function asyncApi(): JsonSchema {
  const places = Object.entries(PLACES);
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Formbus events',
      version: '1',
      description:
        'Every change of Formbus, as CloudEvents 1.0 in binary mode on the JetStream stream EVENTS, and in the same form, for a while, what became of tasks (stream TASK_EVENTS) and deliveries (stream DELIVERIES). Data are JSON; payloads are described as they lie in their stream.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(places.map(([name, place]) => [name, channel(place)])),
    operations: Object.fromEntries(places.map(([name, place]) => [`on-${name}`, operation(name, place)])),
    components: {
      messages: Object.fromEntries(
        [...EVENTS, ...RECORDS].map((definition) => [eventType(definition), message(definition)]),
      ),
      schemas: { EventHeaders: HEADERS },
    },
  };
}

function channel({ stream, address, description, definitions }: Place): JsonSchema {
  const names = new Set(address.match(/(?<=\{)\w+(?=\})/g));
  return {
    address,
    description,
    'x-jetstream-stream': stream,
    parameters: Object.fromEntries(
      [...names].map((name) => [name, { description: `The id of the ${name}` }]),
    ),
    messages: Object.fromEntries(
      definitions.map((definition) => {
        const type = eventType(definition);
        return [type, { $ref: `#/components/messages/${type}` }];
      }),
    ),
  };
}

const operation = (name: string, { stream }: Place): JsonSchema => ({
  action: 'send',
  summary:
    stream === 'EVENTS'
      ? `Formbus appends events of the family ${name}`
      : `Formbus records what becomes of a ${name.replace('-', ' ')}`,
  channel: { $ref: `#/channels/${name}` },
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
