import type { z } from 'zod';
import { FormDefinition } from '#contracts/form/definition';
import { LIMITS } from '#contracts/form/definition-limits';
import type { ErrorItem } from '#contracts/errors';
import { pointer } from './pointer.ts';

export type ParsedDefinition =
  | { readonly ok: true; readonly definition: FormDefinition }
  | { readonly ok: false; readonly errors: readonly ErrorItem[] };

/** Reads what was sent as a definition and lists everything wrong with its shape. Rules are not looked into. */
export function parseDefinition(input: unknown): ParsedDefinition {
  if (deeperThan(input, LIMITS.nesting)) {
    const message = `brackets are nested more than ${LIMITS.nesting} deep`;
    return { ok: false, errors: [{ path: '', code: 'too_deep', message }] };
  }
  const parsed = FormDefinition.safeParse(input);
  if (parsed.success) return { ok: true, definition: parsed.data };
  return { ok: false, errors: parsed.error.issues.flatMap((issue) => errorsOf(issue, [])) };
}

function errorsOf(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): readonly ErrorItem[] {
  const path = [...above, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: pointer([...path, key]),
        code: 'unknown_property',
        message: `the form language has no property ${JSON.stringify(key)} here`,
      }));
    case 'invalid_union': {
      // of several alternatives, the one that got furthest is what the author meant
      const meant = issue.errors.find((branch) => branch.some(({ path: inner }) => inner.length > 0));
      if (meant) return meant.flatMap((inner) => errorsOf(inner, path));
      const message = issue.errors.length > 0 ? alternatives(issue.errors) : issue.message;
      return [{ path: pointer(path), code: 'invalid_type', message }];
    }
    case 'invalid_key':
      return issue.issues.flatMap((inner) => errorsOf(inner, path));
    default: {
      const message = issue.message.replace(/^Invalid (?:input|string|format): /, '');
      return [{ path: pointer(path), code: issue.code, message }];
    }
  }
}

const alternatives = (branches: readonly (readonly z.core.$ZodIssue[])[]): string =>
  branches
    .flat()
    .map(({ message }) => message.replace(/^Invalid input: /, ''))
    .join(', or ');

/** Measured without recursion, for the schema's own would exhaust the stack. */
function deeperThan(input: unknown, limit: number): boolean {
  let level: unknown[] = [input];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((value): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}
