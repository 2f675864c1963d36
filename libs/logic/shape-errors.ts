import type { z } from 'zod';
import type { ErrorItem } from '#contracts/errors';
import { KINDS, limitOf } from '#contracts/issue-words';
import { jsonPointer } from '#contracts/json-pointer';
import { quoted } from './types/choice.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong with the shape of a definition, in the words of the form language rather than of its parser. */
export const shapeErrors = (
  issues: readonly Issue[],
  above: readonly PropertyKey[] = [],
): readonly ErrorItem[] => issues.flatMap((issue) => errorsOf(issue, [...above, ...issue.path]));

function errorsOf(issue: Issue, path: readonly PropertyKey[]): readonly ErrorItem[] {
  const error = (code: string, message: string): readonly ErrorItem[] => [
    { path: jsonPointer(path), code, message },
  ];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: jsonPointer([...path, key]),
        code: 'unknown_property',
        message: `the form language has no property ${JSON.stringify(key)} here`,
      }));
    case 'invalid_union': {
      if (issue.discriminator !== undefined) return [{ path: jsonPointer(path), ...typeError(issue) }];
      const meant = meantBranch(issue.errors);
      if (meant) return shapeErrors(meant, path);
      return [{ path: jsonPointer(path), ...wrongType(issue.errors.flat(), issue.input) }];
    }
    case 'invalid_type':
      return [{ path: jsonPointer(path), ...wrongType([issue], issue.input) }];
    case 'invalid_key':
      return shapeErrors(issue.issues, path);
    case 'invalid_format':
      return error('pattern', `expected ${issue.message}`);
    case 'too_small':
      return error(...least(issue.origin, Number(issue.minimum)));
    case 'too_big':
      return error(...most(issue.origin, Number(issue.maximum)));
    case 'custom':
      return error(customCode(issue), `${named(issue.input)}${issue.message}`);
    default:
      return error('invalid', issue.message);
  }
}

/** Of several alternatives, the one whose kind of value was given: it got furthest, or only its value is wrong. */
const meantBranch = (branches: readonly Issue[][]): Issue[] | undefined =>
  branches.find((branch) => branch.some(({ path }) => path.length > 0)) ??
  branches.find((branch) => branch.every(({ code }) => code !== 'invalid_type'));

function typeError({
  input,
  discriminator,
  ...issue
}: z.core.$ZodIssueInvalidUnion): Omit<ErrorItem, 'path'> {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
  const types = `the types are ${options.join(', ')}`;
  const given = (input as Readonly<Record<string, unknown>>)[discriminator ?? ''];
  if (given === undefined) return { code: 'required', message: `a type is missing; ${types}` };
  return {
    code: 'unknown_type',
    message: `there is no type ${typeof given === 'string' ? quoted(given) : kindOfValue(given)}; ${types}`,
  };
}

function wrongType(issues: readonly Issue[], input: unknown): Omit<ErrorItem, 'path'> {
  const kinds = issues.flatMap((issue) =>
    issue.code === 'invalid_type' ? [KINDS[issue.expected] ?? issue.expected] : [],
  );
  const expected = `expected ${kinds.join(', or ')}`;
  if (input === undefined) return { code: 'required', message: `this property is missing: ${expected}` };
  return { code: 'type', message: `${expected}, not ${kindOfValue(input)}` };
}

function kindOfValue(input: unknown): string {
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'boolean') return String(input);
  if (typeof input === 'number') return Number.isSafeInteger(input) ? 'a number' : String(input);
  return typeof input === 'string' ? 'text' : 'an object';
}

type Worded = readonly [code: string, message: string];

function least(origin: string, minimum: number): Worded {
  const { under, unit } = limitOf(origin);
  if (unit === '') return [under, `must be at least ${minimum}`];
  if (minimum === 1) return [under, origin === 'array' ? 'this list is empty' : 'this text is empty'];
  return [under, `at least ${minimum} ${unit}s are needed`];
}

function most(origin: string, maximum: number): Worded {
  const { over, unit } = limitOf(origin);
  return [over, unit === '' ? `must be at most ${maximum}` : `at most ${maximum} ${unit}s are allowed`];
}

/** A check of our own says its code with its message. */
const customCode = ({ params }: z.core.$ZodIssueCustom): string =>
  typeof params?.['code'] === 'string' ? params['code'] : 'invalid';

const named = (input: unknown): string => (typeof input === 'string' ? `${quoted(input)} ` : '');
