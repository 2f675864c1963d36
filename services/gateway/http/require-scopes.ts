import { RequestMethod, type INestApplication, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { ModulesContainer } from '@nestjs/core';
import { NEEDS_SCOPE } from '../access/needs-scope.ts';

/** A route of a controller, and the scope that it declares. */
export interface DeclaredRoute {
  readonly method: string;
  readonly path: string;
  readonly handler: string;
  readonly scope: string | undefined;
}

/** Every route of every controller. */
export function routesOf(app: INestApplication): DeclaredRoute[] {
  const modules = [...app.get(ModulesContainer).values()];
  return modules
    .flatMap((module) => [...module.controllers.keys()])
    .flatMap((type) => routesOfController(type as Type));
}

/** Refuses to start with a route that does not say which scope it needs. */
export function requireScopes(app: INestApplication): void {
  const open = routesOf(app).filter(({ scope }) => scope === undefined);
  if (open.length === 0) return;
  const names = open.map(({ method, path, handler }) => `${method} ${path} (${handler})`);
  throw new Error(`routes without a scope: ${names.join(', ')}; declare each with @Operation({ scope })`);
}

function routesOfController(type: Type): DeclaredRoute[] {
  const prefix = String(Reflect.getMetadata(PATH_METADATA, type) ?? '');
  return Object.getOwnPropertyNames(type.prototype).flatMap((name) => {
    const handler: unknown = (type.prototype as Record<string, unknown>)[name];
    if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod;
    const path = String(Reflect.getMetadata(PATH_METADATA, handler) ?? '');
    return {
      method: RequestMethod[method],
      path: `/${[prefix, path]
        .map((part) => part.replaceAll(/^\/|\/$/g, ''))
        .filter(Boolean)
        .join('/')}`,
      handler: `${type.name}.${name}`,
      scope: Reflect.getMetadata(NEEDS_SCOPE, handler) as string | undefined,
    };
  });
}
