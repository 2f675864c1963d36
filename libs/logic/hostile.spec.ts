import { describe, expect, it } from '@jest/globals';
import { compileForm } from './compile.ts';
import { validateAnswers } from './validate.ts';

const options = { now: new Date('2024-03-01T12:30:00Z') };

function validator(...fields: readonly unknown[]) {
  const compilation = compileForm({ title: 'Test', pages: [{ fields }] });
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
  const { form } = compilation;
  return (answers: unknown) => {
    const from = performance.now();
    const { problems } = validateAnswers(form, answers, options);
    return { codes: problems.map(({ code }) => code), ms: performance.now() - from };
  };
}
const text = (name: string, rule: string) => ({
  type: 'longText',
  name,
  constraints: [{ rule, message: 'broken' }],
});

/** Milliseconds; wide, for a machine may be busy. What it takes here is a hundredth of it. */
const BOUND = 3000;
/** JavaScript's own engine needs seconds for each of these. */
const SLOW = ['^(a+)+$', '^(a|aa)+$', '^(a|a?)+$', '^(.*a){20}$', '^([a-zA-Z]+)*$'];

describe('hostile input', () => {
  it.each(SLOW)('29 characters do not hold up %s', (pattern) => {
    const validate = validator(text('a', `a.matches('${pattern}')`), { type: 'text', name: 'b', pattern });
    const hostile = `${'a'.repeat(28)}!`;
    const { codes, ms } = validate({ a: hostile, b: hostile });
    expect(codes).toEqual(['constraint', 'pattern']);
    expect(ms).toBeLessThan(BOUND);
  });

  it('a megabyte of text is read in passing', () => {
    const validate = validator(
      text('a', "!a.contains('needle') && a.size() > 5"),
      { type: 'longText', name: 'b', maxLength: 1000 },
      { type: 'email', name: 'c' },
    );
    const megabyte = 'a'.repeat(2 ** 20);
    const { codes, ms } = validate({ a: megabyte, b: megabyte, c: `${megabyte}@x.y` });
    expect(codes).toEqual(['too_long', 'type']);
    expect(ms).toBeLessThan(BOUND);
  });

  it('a text that is too long has that problem alone when its pattern would cost too much', () => {
    const slow = { type: 'longText', name: 'a', pattern: '(^|x)(a|b)*a(a|b){100}$' };
    const answers = { a: 'a'.repeat(2 ** 20), b: 'no' };
    const other = text('b', "b == 'yes'");
    expect(validator({ ...slow, maxLength: 1000 }, other)(answers).codes).toEqual(['too_long', 'constraint']);
    expect(validator(slow, other)(answers).codes).toContain('rule_failed');
  });

  it('a list as long as a request is answered in short', () => {
    const compilation = compileForm({
      title: 'T',
      pages: [{ fields: [{ type: 'multiSelect', name: 'a', choices: [{ value: 'x' }] }] }],
    });
    if (!compilation.ok) throw new Error('does not compile');
    const a = Array.from({ length: 2 ** 18 }, () => 'y');
    const { problems } = validateAnswers(compilation.form, { a }, options);
    expect(problems.at(-1)).toEqual({
      path: '/a',
      code: 'choice',
      message: `And ${2 ** 18 - 50} more values of the list that are wrong.`,
    });
    expect(problems).toHaveLength(51);
  });

  it.each([
    [
      'text that doubles at every turn',
      `cel.bind(x, a + a, cel.bind(y, x + x, cel.bind(z, y + y, z + z + z + z == '')))`,
    ],
    ['a loop over every character, in a loop', "a.split('').all(x, a.split('').all(y, x != y))"],
    ['a pattern made to be slow', "a.matches('(^|x)(a|b)*a(a|b){100}$')"],
    ['a search for a long text in itself', 'a.contains(a.substring(1) + "b")'],
    [
      'a list that doubles at every turn',
      "cel.bind(x, a.split(''), cel.bind(y, x + x, cel.bind(z, y + y, size(z + z) > 0)))",
    ],
  ])('%s ends with the budget', (_what, rule) => {
    const validate = validator(text('a', rule), text('b', `true || ${rule}`), text('c', `${rule} || true`));
    const { codes, ms } = validate({ a: 'a'.repeat(2 ** 20) });
    expect(codes).toEqual(['rule_failed', 'rule_failed']);
    expect(ms).toBeLessThan(BOUND);
  });

  it('many costly rules end with the budget of the whole', () => {
    const rule = "a.split('').all(x, x == 'a')";
    const validate = validator(
      ...['a', ...Array.from({ length: 50 }, (_, i) => `b${i}`)].map((name) => text(name, rule)),
    );
    const { codes, ms } = validate({ a: 'a'.repeat(100_000) });
    expect(new Set(codes)).toEqual(new Set(['rule_failed']));
    expect(codes.length).toBeGreaterThan(30);
    expect(ms).toBeLessThan(BOUND);
  });

  it('answers nested deeply are of no type, whatever their depth', () => {
    const validate = validator(
      { type: 'text', name: 'a' },
      { type: 'multiSelect', name: 'b', choices: [{ value: 'x' }] },
    );
    const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as unknown;
    expect(validate({ a: deep, b: deep }).codes).toEqual(['type', 'type']);
  });

  it('names of a megabyte are cut short in the answer', () => {
    const compilation = compileForm({ title: 'T', pages: [{ fields: [{ type: 'text', name: 'a' }] }] });
    if (!compilation.ok) throw new Error('does not compile');
    const { problems } = validateAnswers(compilation.form, { ['x'.repeat(2 ** 20)]: 1 }, options);
    expect(JSON.stringify(problems).length).toBeLessThan(1000);
  });

  it('a wrong choice of a megabyte is cut short in the answer', () => {
    const compilation = compileForm({
      title: 'T',
      pages: [{ fields: [{ type: 'select', name: 'a', choices: [{ value: 'x' }] }] }],
    });
    if (!compilation.ok) throw new Error('does not compile');
    const { problems } = validateAnswers(compilation.form, { a: '😀'.repeat(2 ** 18) }, options);
    expect(JSON.stringify(problems).length).toBeLessThan(1000);
  });
});
