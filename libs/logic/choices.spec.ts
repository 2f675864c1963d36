import { describe, expect, it } from '@jest/globals';
import { offeredChoices } from './choices.ts';
import { compileForm } from './compile.ts';

const many = Array.from({ length: 900 }, (_, i) => ({
  value: `c${i}`,
  attributes: { parents: [`p${i % 9}`, `p${(i + 1) % 9}`], rank: i % 100, spare: i % 2 === 0 },
}));
const compilation = compileForm({
  title: 'Choices',
  pages: [
    {
      fields: [
        {
          type: 'select',
          name: 'parent',
          choices: Array.from({ length: 9 }, (_, i) => ({ value: `p${i}` })),
        },
        { type: 'integer', name: 'top' },
        {
          type: 'select',
          name: 'child',
          choices: many,
          filter: 'parent in choice.parents && (top == null || choice.rank < top) && !choice.spare',
        },
        { type: 'multiSelect', name: 'plain', choices: [{ value: 'x' }, { value: 'y' }] },
        { type: 'text', name: 'text' },
      ],
    },
  ],
});
if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
const { form } = compilation;
const offered = (answers: Record<string, unknown>, name: string) =>
  offeredChoices(form, answers, name, { now: new Date('2024-01-01') });

describe('the choices that a form offers', () => {
  it('are those that the filter lets through, of hundreds', () => {
    const expected = many.filter(({ attributes: a }) => a.parents.includes('p3') && a.rank < 10 && !a.spare);
    expect(offered({ parent: 'p3', top: 10 }, 'child')).toEqual(expected.map(({ value }) => value));
    expect(expected.length).toBeGreaterThan(5);
  });

  it('are none while the filter is open', () => {
    expect(offered({}, 'child')).toEqual([]);
    expect(offered({ parent: 'wrong' }, 'child')).toEqual([]);
  });

  it('are all of a field without a filter', () => {
    expect(offered({}, 'plain')).toEqual(['x', 'y']);
  });

  it('are none of a field that has none, or that is not there', () => {
    expect(offered({}, 'text')).toEqual([]);
    expect(offered({}, 'nowhere')).toEqual([]);
  });
});
