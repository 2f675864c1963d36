/**
 * Times of compilation and validation: `node --conditions=source libs/logic/logic.bench.ts`
 *
 * Medians over many runs after warming up. The forms are made here: a tenth of the fields of each type, and rules of
 * the kinds that forms have.
 */
import { performance } from 'node:perf_hooks';
import { compileForm } from './compile.ts';
import type { CompiledForm } from './form.ts';
import { validateAnswers } from './validate.ts';

type Json = Record<string, unknown>;

const CHOICES = Array.from({ length: 300 }, (_, i) => ({
  value: `c${i}`,
  attributes: { type: [`c${i % 7}`, 'c0'] },
}));

/** Fields of all kinds by turns; `ruled` of them with a rule that reads the fields before. */
function formOf(fields: number, ruled: number): { definition: Json; answers: Json } {
  const every = Math.max(1, Math.floor(fields / ruled));
  const answers: Json = {};
  const items = Array.from({ length: fields }, (_, i) => {
    const name = `f${i}`;
    const text = i >= 5 ? `f${i - (i % 5)}` : undefined;
    const rule = i % every === 0 && text !== undefined;
    const visible = rule && i % 2 === 0 ? { visible: `answered(${text}) && ${text} != 'no'` } : {};
    const common = { name, label: name, ...(text === name ? {} : visible) };
    switch (i % 5) {
      case 0:
        answers[name] = `text ${i}`;
        return {
          type: 'text',
          ...common,
          required: true,
          maxLength: 100,
          constraints: rule
            ? [{ rule: `${name}.matches('^[a-z]+ [0-9]+$') && ${name}.size() < 50`, message: 'no' }]
            : [],
        };
      case 1:
        answers[name] = i;
        return {
          type: 'integer',
          ...common,
          min: 0,
          constraints: rule
            ? [{ rule: `${name} >= 0 && (${name} < 5000 || answered(${text}))`, message: 'no' }]
            : [],
        };
      case 2:
        answers[name] = '2001-02-03';
        return {
          type: 'date',
          ...common,
          constraints: rule ? [{ rule: `age(${name}) >= 18`, message: 'no' }] : [],
        };
      case 3:
        answers[name] = 'c0';
        return {
          type: 'select',
          ...common,
          choices: CHOICES.slice(0, 20),
          ...(rule ? { filter: "'c0' in choice.type" } : {}),
        };
      default:
        answers[name] = true;
        return { type: 'boolean', ...common, required: rule ? `${text} == 'text 5'` : true };
    }
  });
  return { definition: { title: 'Bench', pages: [{ fields: items }] }, answers };
}

function compiled(definition: Json): CompiledForm {
  const compilation = compileForm(definition);
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors.slice(0, 3)));
  return compilation.form;
}

function median(runs: number, work: () => void): number {
  for (let i = 0; i < runs / 4; i += 1) work();
  const times = Array.from({ length: runs }, () => {
    const from = performance.now();
    work();
    return performance.now() - from;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

const options = { now: new Date('2024-01-01T00:00:00Z') };

function report(what: string, runs: number, work: () => void): void {
  process.stdout.write(`${what.padEnd(58)} ${median(runs, work).toFixed(3).padStart(9)} ms\n`);
}

for (const [fields, ruled, runs] of [
  [60, 20, 2000],
  [2000, 500, 200],
] as const) {
  const { definition, answers } = formOf(fields, ruled);
  const form = compiled(definition);
  const { problems } = validateAnswers(form, answers, options);
  if (problems.length > 0) throw new Error(JSON.stringify(problems.slice(0, 3)));
  report(`compile ${fields} fields, ${ruled} rules`, Math.max(10, runs / 20), () => compiled(definition));
  report(`validate ${fields} fields, ${ruled} rules`, runs, () => validateAnswers(form, answers, options));
  report(`validate ${fields} fields, ${ruled} rules, nothing answered`, runs, () =>
    validateAnswers(form, {}, options),
  );
}

const cascade = compiled({
  title: 'Cascade',
  pages: [
    {
      fields: [
        { type: 'select', name: 'above', choices: CHOICES.slice(0, 7) },
        { type: 'select', name: 'below', choices: CHOICES, filter: 'above in choice.type' },
      ],
    },
  ],
});
report('validate one answer of 300 filtered choices', 5000, () =>
  validateAnswers(cascade, { above: 'c3', below: 'c297' }, options),
);
