import { FormDefinition } from '#contracts/form/definition';
import { LIMITS } from '#contracts/form/definition-limits';
import type { ErrorItem } from '#contracts/errors';
import { shapeErrors } from './shape-errors.ts';

export type ParsedDefinition =
  | { readonly ok: true; readonly definition: FormDefinition }
  | { readonly ok: false; readonly errors: readonly ErrorItem[] };

/** Reads what was sent as a definition and lists everything wrong with its shape. Rules are not looked into. */
export function parseDefinition(input: unknown): ParsedDefinition {
  if (deeperThan(input, LIMITS.nesting)) {
    const message = `brackets are nested more than ${LIMITS.nesting} deep`;
    return { ok: false, errors: [{ path: '', code: 'too_deep', message }] };
  }
  const parsed = FormDefinition.safeParse(input, { reportInput: true });
  if (parsed.success) return { ok: true, definition: parsed.data };
  return { ok: false, errors: shapeErrors(parsed.error.issues) };
}

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
