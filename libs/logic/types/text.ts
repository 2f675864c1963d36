import type { FieldOf } from '#contracts/form/definition-fields';
import { compilePattern } from '../cel/pattern.ts';
import { boundsFault, defined, type FieldKind, type Reading, type Report } from './kind.ts';

/** Length in code points, as JSON Schema counts; counted only when the cheaper measure leaves it open. */
const longer = (text: string, max: number): boolean => text.length > max && [...text].length > max;
const shorter = (text: string, min: number): boolean =>
  text.length < min || (text.length < 2 * min && [...text].length < min);

function readText(raw: unknown, report: Report): string | undefined {
  if (typeof raw !== 'string') return void report('type.text');
  // lone surrogates cannot be stored as UTF-8: what is read back would differ
  return raw.isWellFormed() ? raw : void report('type.unicode');
}

const text: FieldKind<FieldOf<'text'> | FieldOf<'longText'>> = {
  celType: 'string',

  faults(field) {
    const pattern = field.pattern === undefined ? undefined : compilePattern(field.pattern);
    return [
      ...boundsFault(['minLength', field.minLength], ['maxLength', field.maxLength]),
      ...(typeof pattern === 'string' ? [{ path: '/pattern', message: pattern }] : []),
    ];
  },

  reader({ minLength = 0, maxLength = Infinity, pattern: source }) {
    const pattern = source === undefined ? undefined : compilePattern(source);
    return (raw, report, budget): Reading | undefined => {
      const answer = readText(raw, report);
      if (answer === undefined) return undefined;
      if (shorter(answer, minLength)) report('too_short', { min: minLength });
      if (longer(answer, maxLength)) report('too_long', { max: maxLength });
      else if (typeof pattern === 'object') {
        budget.spend(pattern.steps(answer.length));
        if (!pattern.test(answer)) report('pattern');
      }
      return { answer, value: answer };
    };
  },

  schema: ({ minLength, maxLength, pattern }) =>
    defined({ type: 'string', minLength, maxLength, pattern: portable(pattern) ? pattern : undefined }),
};

/** Whether JavaScript, whose syntax JSON Schema uses, reads the pattern too. */
function portable(pattern: string | undefined): boolean {
  if (pattern === undefined) return false;
  try {
    return new RegExp(pattern, 'u').unicode;
  } catch {
    return false; // RE2's own syntax, such as (?i): validation applies it, the schema leaves it out
  }
}

/** The definition of <input type=email> in the HTML standard; in linear time, for no part can begin in two ways. */
const EMAIL =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?(?:\.[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?)*$/;
const EMAIL_LENGTH = 254;

const email: FieldKind<FieldOf<'email'>> = {
  celType: 'string',
  faults: () => [],
  reader: () => (raw, report) => {
    const answer = readText(raw, report);
    if (answer === undefined) return undefined;
    if (answer.length > EMAIL_LENGTH || !EMAIL.test(answer)) return void report('type.email');
    return { answer, value: answer };
  },
  schema: () => ({ type: 'string', format: 'email', maxLength: EMAIL_LENGTH }),
};

export const textKinds = { text, longText: text, email };
