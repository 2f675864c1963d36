import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** Where the reference lies. With `/`, which leads there, the only addresses that ask for no key: they hold nothing but
 * what the code says. */
export const REFERENCE = { page: 'docs', document: 'openapi.json' } as const;

/** Serves the API description as JSON, and as a page to read and to try it. All of it comes from this server. */
export function serveReference(app: NestFastifyApplication, document: OpenAPIObject): void {
  app
    .getHttpAdapter()
    .getInstance()
    .get('/', (_request, reply) => reply.redirect(`/${REFERENCE.page}`));
  SwaggerModule.setup(REFERENCE.page, app, document, {
    jsonDocumentUrl: REFERENCE.document,
    raw: ['json'],
    customSiteTitle: 'Formbus API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, docExpansion: 'list' },
  });
}
