import type { Call } from '../client/exchange.ts';

/** An operation of the API, as its description has it. */
export interface ApiOperation {
  readonly id: string;
  readonly method: Call['method'];
  /** With its parameters in braces. */
  readonly path: string;
  /** Names of the parameters of its path. */
  readonly parameters: readonly string[];
}

/** All of them, in the order of an OpenAPI document. */
export function operationsOf(document: unknown): readonly ApiOperation[] {
  const { paths } = document as { paths: Record<string, Record<string, { operationId: string }>> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { operationId: id }]) => ({
      ...{ id, path, method: method.toUpperCase() as Call['method'] },
      parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''),
    })),
  );
}
