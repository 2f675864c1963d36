import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { errorsTable, POINTERS } from '#contracts/errors-table';
import { CHECKED_AS } from './checked-as.ts';

type StandardSchemaConversionResult = { schema: unknown; components?: Record<string, unknown> };

const description = (bodyLimit: number): string => `Publish forms, take submissions, read them back.

Every write is answered once it is durable, with its position in the log (\`Formbus-Position\`). Send that back as
\`Formbus-Min-Position\` to read your own write. Send an \`Idempotency-Key\` with what must not be done twice.

A body is JSON in UTF-8, uncompressed, of at most ${bodyLimit} bytes.

## Errors

Every error is a problem document (RFC 9457) whose \`code\` is one of this table.

${POINTERS}

${errorsTable()}`;

/**
 * What zod says of a schema, as OpenAPI 3.1 takes it: definitions move to the document's components, and a body that
 * is passed on unchecked is described by the schema that its receiver checks it with.
 */
function convert(
  schema: unknown,
  { schemaType }: { schemaType: 'input' | 'output' },
): StandardSchemaConversionResult {
  const {
    $schema: _dialect,
    $defs = {},
    ...rest
  } = z.toJSONSchema(schema as z.ZodType, {
    target: 'draft-2020-12',
    io: schemaType,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const { [CHECKED_AS]: name } = jsonSchema as Record<string, unknown>;
      if (typeof name !== 'string') return;
      delete (jsonSchema as Record<string, unknown>)[CHECKED_AS];
      jsonSchema.$ref = `#/$defs/${name}`;
    },
  });
  const components = Object.fromEntries(
    Object.entries($defs).map(([name, definition]) => [componentName(name), relinked(definition)]),
  );
  return { schema: relinked(rest), components };
}

const componentName = (name: string): string => name.replaceAll(/[^A-Za-z0-9._-]/g, '_');

/** The same schema with its references led to the components. */
function relinked(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(relinked);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      key === '$ref' && typeof value === 'string'
        ? [key, `#/components/schemas/${componentName(value.replace(/^#\/\$defs\//, ''))}`]
        : [key, relinked(value)],
    ),
  );
}

/** The OpenAPI 3.1 description of every route, from the schemas that validate its requests. */
export function describeApi(
  app: INestApplication,
  { bodyLimit, publicUrl }: { bodyLimit: number; publicUrl?: string | undefined },
): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Formbus')
    .setDescription(description(bodyLimit))
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .setOpenAPIVersion('3.1.1')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'fb_...', description: 'An API key' },
      'apiKey',
    );
  if (publicUrl !== undefined) builder.addServer(publicUrl);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    standardSchemaConverter: convert,
    autoTagControllers: false,
  });
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item as Record<string, OperationObject>)) {
      labelProblems(operation);
      excuseDefaults(operation);
    }
    describeNotModified((item as Record<string, OperationObject>).get);
  }
  return document;
}

type OperationObject = OpenAPIObject['paths'][string]['get'];

/** Errors travel as `application/problem+json`, which the generator can't be told. */
function labelProblems(operation: OperationObject): void {
  for (const [status, response] of Object.entries(operation?.responses ?? {})) {
    if (Number(status) < 400 || !response || !('content' in response)) continue;
    const { 'application/json': content } = response.content ?? {};
    if (content) response.content = { 'application/problem+json': content };
  }
}

/** A body that has a default may be left out. */
function excuseDefaults(operation: OperationObject): void {
  const body = operation?.requestBody;
  if (!body || !('content' in body)) return;
  const schema = body.content['application/json']?.schema;
  if (schema && 'default' in schema) body.required = false;
}

/** What is read with an ETag need not be sent again to who has it. */
function describeNotModified(operation: OperationObject): void {
  const found = operation?.responses['200'];
  if (!operation || !found || !('headers' in found) || !found.headers?.['ETag']) return;
  operation.responses['304'] = {
    description: 'What If-None-Match names is still current; there is no body.',
  };
  operation.parameters = [
    ...(operation.parameters ?? []),
    {
      name: 'If-None-Match',
      in: 'header',
      required: false,
      description: 'The ETag that the caller has; 304 while it is the current one.',
      schema: { type: 'string' },
    },
  ];
}
