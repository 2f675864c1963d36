import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { compileForm } from '#logic/compile';
import { offeredChoices } from '#logic/choices';
import { validateAnswers } from '#logic/validate';
import { DATA, deriveForm, FORM, rowsOf } from './derive-form.ts';
import { answersOf, COLUMNS, complaintId, type Row } from './row.ts';

const csv = readFileSync(DATA, 'utf8');
const rows = rowsOf(csv);
const committed: unknown = JSON.parse(readFileSync(FORM, 'utf8'));
const compilation = compileForm(committed);
if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
const { form } = compilation;
const options = { now: new Date('2024-01-01T00:00:00Z') };

const validate = (row: Row) => validateAnswers(form, answersOf(row), options);
const problemsOf = (changes: Row) =>
  validate({ ...sample, ...changes }).problems.map(({ path, code }) => `${path} ${code}`);

const sample: Row = {
  'Date received': '2023-07-19',
  Product: 'Debt collection',
  'Sub-product': 'Other debt',
  Issue: 'Attempts to collect debt not owed',
  'Sub-issue': 'Debt is not yours',
  Company: 'EQUIFAX, INC.',
  State: 'MI',
  'ZIP code': '48205',
  'Submitted via': 'Web',
  'Date sent to company': '2023-07-19',
  'Company response to consumer': 'Closed with explanation',
  'Timely response?': 'Yes',
  'Consumer disputed?': 'N/A',
  'Complaint ID': '7271022',
};

describe('the consumer complaint form', () => {
  it('is what the script derives from the data', () => {
    expect(committed).toEqual(deriveForm(rows));
  });

  it('reads every column of the export', () => {
    expect(Object.keys(COLUMNS)).toEqual(Object.keys(rows[0] ?? {}));
    expect(
      Object.values(COLUMNS)
        .map(([field]) => field)
        .sort(),
    ).toEqual([...form.byName.keys()].sort());
  });

  it('accepts all 1,600 complaints and drops nothing of them', () => {
    const results = rows.map((row) => ({ id: complaintId(row), ...validate(row) }));
    const refused = results.filter(({ problems }) => problems.length > 0);
    expect(results).toHaveLength(1600);
    expect(new Set(results.map(({ id }) => id)).size).toBe(1600);
    expect(refused).toEqual([]);
    expect(results.filter(({ dropped }) => dropped.length > 0)).toEqual([]);
  });

  it('keeps every filled cell of every row', () => {
    const cells = rows.flatMap((row) => Object.values(row)).filter((cell) => cell !== '').length;
    const answers = rows.flatMap((row) => Object.keys(validate(row).answers)).length;
    expect(answers).toBe(cells);
  });

  it('accepts the sample', () => {
    expect(problemsOf({})).toEqual([]);
  });

  it.each<[what: string, changes: Row, problems: string[]]>([
    ['a product it does not offer', { Product: 'Crystal balls' }, ['/product choice']],
    [
      'a sub-product of another product',
      { 'Sub-product': 'Checking account' },
      ['/sub_product choice', '/issue choice'],
    ],
    ['an issue it does not offer', { Issue: 'Bad luck' }, ['/issue choice']],
    ['an issue of another product', { Issue: 'Managing an account', 'Sub-issue': '' }, ['/issue choice']],
    ['a sub-issue of another issue', { 'Sub-issue': 'Account status incorrect' }, ['/sub_issue choice']],
    [
      'no product',
      { Product: '' },
      ['/product required', '/sub_product choice', '/issue choice', '/sub_issue choice'],
    ],
    ['no sub-product', { 'Sub-product': '' }, ['/sub_product required']],
    [
      'consent without a narrative',
      { 'Consumer consent provided?': 'Consent provided' },
      ['/narrative required'],
    ],
    ['a ZIP code of four digits', { 'ZIP code': '4820' }, ['/zip_code constraint']],
    ['a state it does not know', { State: 'ZZ' }, ['/state choice']],
    [
      'a complaint sent before it came',
      { 'Date sent to company': '2023-07-18' },
      ['/date_sent_to_company constraint'],
    ],
    [
      'a complaint from the future',
      { 'Date received': '2024-07-19' },
      ['/date_received constraint', '/date_sent_to_company constraint'],
    ],
    ['dates as Americans write them', { 'Date received': '07/19/2023' }, ['/date_received type']],
    ['neither yes nor no', { 'Timely response?': 'Perhaps' }, ['/timely_response type']],
    ['a tag it does not know', { Tags: 'Servicemember, Astronaut' }, ['/tags/1 choice']],
    ['an id that is not a number', { 'Complaint ID': 'x7' }, ['/complaint_id type']],
  ])('refuses %s and names the field', (_what, changes, problems) => {
    expect(problemsOf(changes)).toEqual(problems);
  });

  it.each(['', '999XX', 'XXXXX', '00000'])('accepts the ZIP code %j', (zip) => {
    expect(problemsOf({ 'ZIP code': zip })).toEqual([]);
  });

  it('drops a narrative without consent, and says so', () => {
    const { answers, dropped, problems } = validate({
      ...sample,
      'Consumer complaint narrative': 'They lost it.',
      'Consumer consent provided?': 'Consent not provided',
    });
    expect(problems).toEqual([]);
    expect(dropped).toEqual(['narrative']);
    expect(answers).not.toHaveProperty('narrative');
  });

  it('names every problem of a row that has nothing right, and does not break', () => {
    const row = Object.fromEntries(Object.keys(COLUMNS).map((column) => [column, '\u0000 <nonsense>']));
    expect(new Set(problemsOf(row).map((problem) => problem.split(' ')[0]))).toEqual(
      new Set(
        [
          'product',
          'sub_product',
          'issue',
          'sub_issue',
          'consent',
          'state',
          'zip_code',
          'tags/0',
          'submitted_via',
        ]
          .concat([
            'complaint_id',
            'date_received',
            'date_sent_to_company',
            'company_response',
            'timely_response',
          ])
          .concat(['company', 'company_public_response', 'consumer_disputed'])
          .map((path) => `/${path}`),
      ),
    );
  });

  it('offers the issues of the product and sub-product chosen', () => {
    const answers = { product: 'Student loan', sub_product: 'Private student loan' };
    expect(offeredChoices(form, answers, 'issue', options)).toEqual([
      'Dealing with your lender or servicer',
      'Struggling to repay your loan',
    ]);
  });

  it('reads a row that lacks columns as unanswered', () => {
    expect(answersOf({ Product: ' Mortgage ' })).toEqual({ product: 'Mortgage' });
  });
});
