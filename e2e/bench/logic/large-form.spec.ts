import { describe, expect, it } from '@jest/globals';
import { compileForm } from '#logic/compile';
import { validateAnswers } from '#logic/validate';
import { answersFor, formOf } from './large-form.ts';

describe('the form that validation is measured with', () => {
  it.each([1, 60, 2000])('of %i fields compiles and takes its answers, some of them hidden', (count) => {
    const compiled = compileForm(formOf(count));
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
    expect(compiled.form.fields).toHaveLength(count);
    for (let seed = 0; seed < 10; seed++) {
      const answers = answersFor(count, seed);
      const { problems, dropped } = validateAnswers(compiled.form, answers, { now: new Date(0) });
      expect({ seed, problems, dropped }).toEqual({ seed, problems: [], dropped: [] });
    }
  });

  it('refuses answers that break its rules', () => {
    const compiled = compileForm(formOf(60));
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
    const answers = { ...answersFor(60, 0), f3: 0, f9: 'x', f2: 900 };
    const { problems } = validateAnswers(compiled.form, answers, { now: new Date(0) });
    expect(problems.map(({ path }) => path)).toEqual(expect.arrayContaining(['/f3', '/f9']));
  });
});
