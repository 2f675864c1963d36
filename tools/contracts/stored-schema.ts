import { z } from 'zod';
import { eventType, type EventDefinition } from '#contracts/event';
import { SEALED_PROPERTY } from '#eventing/catalog';

export type JsonSchema = Record<string, unknown>;

const plain = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' });

/** The JSON Schema of an event's data once its sealed fields are opened; its `$id` is the event's `ce-dataschema`. */
export function dataSchemaOf(definition: EventDefinition): JsonSchema {
  const type = eventType(definition);
  return {
    $id: `urn:formbus:schema:${type}`,
    title: type,
    description: definition.summary,
    ...plain(definition.data),
  };
}

/** The JSON Schema of an event's payload as it lies in the log: sealed fields stand together as one cipher text. */
export function payloadSchemaOf(definition: EventDefinition): JsonSchema {
  const schema = plain(definition.data) as { properties: JsonSchema; required?: string[] };
  if (definition.sealed.length === 0) return schema;
  const sealed = new Set(definition.sealed);
  return {
    ...schema,
    properties: {
      ...Object.fromEntries(Object.entries(schema.properties).filter(([name]) => !sealed.has(name))),
      [SEALED_PROPERTY]: {
        type: 'string',
        contentEncoding: 'base64',
        description: `AES-256-GCM under the submission's data key, of a JSON object with: ${[...sealed].join(', ')}`,
      },
    },
    required: [...(schema.required ?? []).filter((name) => !sealed.has(name)), SEALED_PROPERTY],
  };
}
