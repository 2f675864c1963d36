import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FIELD_SCHEMAS } from '#contracts/form/definition-fields';
import { FormDefinition, FormGroup, FormPage } from '#contracts/form/definition';
import { LIMITS } from '#contracts/form/definition-limits';
import { compileForm } from './compile.ts';
import type { CompiledForm } from './form.ts';
import { codeOf } from './messages.ts';
import { ENGLISH, type MessageKey } from './messages-en.ts';
import { validateAnswers } from './validate.ts';
import { NOW } from './validate.cases.ts';

const page = readFileSync(new URL('../../docs/form-language.md', import.meta.url), 'utf8');

interface Place {
  readonly path: string;
  readonly code: string;
}
/** Answers and what comes of them; stored as they are, where nothing else is said. */
interface AnswersExample {
  readonly answers: Readonly<Record<string, unknown>>;
  readonly stored?: Readonly<Record<string, unknown>>;
  readonly dropped?: readonly string[];
  readonly problems?: readonly Place[];
}
interface RefusedExample {
  readonly definition: unknown;
  readonly errors: readonly Place[];
}

const blocks = [...page.matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(([all, kind = '', json = ''], i) => ({
  kind,
  value: JSON.parse(json) as unknown,
  name: `${i + 1}: ${all.slice(0, 70).replaceAll(/\s+/g, ' ')}`,
}));

const places = (errors: readonly Place[]): readonly Place[] =>
  errors.map(({ path, code }) => ({ path, code }));

function compiled(definition: unknown): CompiledForm {
  const compilation = compileForm(definition);
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors, null, 1));
  return compilation.form;
}

/** The definition that a block of answers is about: the last one above it. */
function definitionAbove(index: number): unknown {
  const above = blocks.slice(0, index).findLast(({ kind }) => kind === 'json form' || kind === 'json field');
  if (!above) throw new Error('answers without a form above them');
  return above.kind === 'json form' ? above.value : { title: 'T', pages: [{ fields: [above.value] }] };
}

describe('the reference of the form language', () => {
  it.each(blocks.map(({ name, kind, value }, i) => [name, kind, value, i] as const))(
    'tells the truth in example %s',
    (_name, kind, value, index) => {
      switch (kind) {
        case 'json form':
          compiled(value);
          return;
        case 'json field':
          compiled({ title: 'T', pages: [{ fields: [value] }] });
          return;
        case 'json answers': {
          const { answers, stored = answers, dropped = [], problems = [] } = value as AnswersExample;
          const result = validateAnswers(compiled(definitionAbove(index)), answers, { now: new Date(NOW) });
          expect({ problems: places(result.problems), dropped: result.dropped }).toEqual({
            problems,
            dropped,
          });
          expect(problems.length === 0 ? result.answers : answers).toEqual(stored);
          return;
        }
        case 'json refused': {
          const { definition, errors } = value as RefusedExample;
          const compilation = compileForm(definition);
          expect(compilation.ok ? [] : places(compilation.errors)).toEqual(errors);
          return;
        }
        default:
          throw new Error(`examples are form, field, answers or refused, not ${kind}`);
      }
    },
  );

  it('has examples that are accepted, refused, dropped and stored in another form', () => {
    const given = blocks.flatMap(({ kind, value }) =>
      kind === 'json answers' ? [value as AnswersExample] : [],
    );
    expect(given.filter(({ problems }) => !problems).length).toBeGreaterThan(5);
    expect(given.filter(({ problems }) => problems).length).toBeGreaterThan(5);
    expect(given.some(({ dropped }) => dropped)).toBe(true);
    expect(given.some(({ stored, problems }) => stored && !problems)).toBe(true);
  });

  it.each(FIELD_SCHEMAS.map(({ shape }) => [shape.type.value, Object.keys(shape)] as const))(
    'describes the type %s with all its properties',
    (type, properties) => {
      const common = page.slice(
        page.indexOf('## What every field may have'),
        page.indexOf('## Types of fields'),
      );
      const own = page.split(`\n### \`${type}\`\n`)[1]?.split('\n#')[0] ?? '';
      expect(own).not.toBe('');
      const text = common + own;
      expect(properties.filter((property) => !text.includes(`\`${property}\``))).toEqual([]);
    },
  );

  it.each([
    ['form', Object.keys(FormDefinition.shape)],
    ['page', Object.keys(FormPage.shape)],
    ['group', Object.keys(FormGroup.shape)],
  ])('describes every property of a %s', (_what, properties) => {
    const first = page.slice(0, page.indexOf('## What every field may have'));
    expect(properties.filter((property) => !first.includes(`\`${property}\``))).toEqual([]);
  });

  it('has every code that a problem of answers may have', () => {
    const codes = new Set((Object.keys(ENGLISH) as MessageKey[]).map(codeOf));
    const table = page.slice(page.indexOf('## What is wrong with answers'), page.indexOf('## Limits'));
    expect([...codes].filter((code) => !table.includes(`\`${code}\``))).toEqual([]);
  });

  it('goes with a README whose first form compiles, and whose first answers have four problems', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [first, , wrong] = [...readme.matchAll(/ -d '(\{[^]*?\})'$/gm)].map(
      ([, json = '']) => JSON.parse(json) as Readonly<Record<string, unknown>>,
    );
    const { problems } = validateAnswers(compiled(first?.['definition']), wrong?.['answers'], {
      now: new Date(NOW),
    });
    expect(places(problems)).toEqual([
      { path: '/name', code: 'required' },
      { path: '/email', code: 'required' },
      { path: '/rating', code: 'constraint' },
      { path: '/nmae', code: 'unknown_field' },
    ]);
  });

  it('has every limit', () => {
    const { answersBytes, ...others } = LIMITS;
    const table = page.slice(page.indexOf('## Limits'), page.indexOf('## From one version'));
    const missing = Object.entries(others).filter(
      ([, limit]) => !new RegExp(`\\b${limit.toLocaleString('en')}\\b`).test(table),
    );
    expect(missing).toEqual([]);
    expect(table).toContain(`${answersBytes / 2 ** 20} MiB`);
  });
});
