import type { FieldOf } from '#contracts/form/definition-fields';
import { compilePattern, type Pattern } from '../cel/pattern.ts';
import type { Budget } from '../cel/budget.ts';
import { boundsFault, defined, leastLength, type FieldKind, type Reading, type Report } from './kind.ts';
import { portablePattern } from './portable-pattern.ts';

/** Length in code points, as JSON Schema counts; counted only when the cheaper measure leaves it open. */
const longer = (text: string, max: number): boolean => text.length > max && [...text].length > max;
const shorter = (text: string, min: number): boolean =>
  text.length < min || (text.length < 2 * min && [...text].length < min);

function readText(raw: unknown, report: Report): string | undefined {
  if (typeof raw !== 'string') return void report('type.text');
  // lone surrogates cannot be stored as UTF-8: what is read back would differ
  return raw.isWellFormed() ? raw : void report('type.unicode');
}

type TextField = FieldOf<'text'> | FieldOf<'longText'>;

/** What no text may hold, as a class that every engine of regular expressions reads: C0 controls but the tab. */
const CONTROLS: Readonly<Record<TextField['type'], string>> = {
  text: '[\\x00-\\x08\\x0A-\\x1F]',
  longText: '[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F]',
};
const LINE_BREAK = /[\n\r]/;
const CONTROL = new RegExp(CONTROLS.longText);

/** A text that is too long has that problem already: its pattern is passed over when the budget cannot pay for it. */
function matches(pattern: Pattern, text: string, tooLong: boolean, budget: Budget): boolean {
  const steps = pattern.steps(text.length);
  if (tooLong && !budget.affords(steps)) return true;
  budget.spend(steps);
  return pattern.test(text);
}

const text: FieldKind<TextField> = {
  celType: 'string',

  faults(field) {
    const pattern = field.pattern === undefined ? undefined : compilePattern(field.pattern);
    return [
      ...boundsFault(['minLength', field.minLength], ['maxLength', field.maxLength]),
      ...(typeof pattern === 'string' ? [{ path: '/pattern', message: pattern }] : []),
    ];
  },

  reader({ type, minLength = 0, maxLength = Infinity, pattern: source }) {
    const pattern = source === undefined ? undefined : compilePattern(source);
    return (raw, report, budget): Reading | undefined => {
      const answer = readText(raw, report);
      if (answer === undefined) return undefined;
      if (shorter(answer, minLength)) report('too_short', { min: minLength });
      const tooLong = longer(answer, maxLength);
      if (tooLong) report('too_long', { max: maxLength });
      if (type === 'text' && LINE_BREAK.test(answer)) report('line_break');
      if (CONTROL.test(answer)) report('control_character');
      if (typeof pattern === 'object' && !matches(pattern, answer, tooLong, budget)) report('pattern');
      return { answer, value: answer };
    };
  },

  schema: ({ type, minLength, maxLength, pattern }, required) =>
    defined({
      type: 'string',
      minLength: leastLength(minLength, required),
      maxLength,
      pattern: pattern === undefined ? undefined : portablePattern(pattern),
      not: { pattern: CONTROLS[type] },
    }),

  show: (_field, answer) => String(answer),
};

/** The definition of <input type=email> in the HTML standard; in linear time, for no part can begin in two ways. */
const EMAIL =
  /^[a-zA-Z0-9_.!#$%&'*+/=?^`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
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
  schema: () => ({ type: 'string', format: 'email', maxLength: EMAIL_LENGTH, pattern: EMAIL.source }),
  show: (_field, answer) => String(answer),
};

export const textKinds = { text, longText: text, email };
