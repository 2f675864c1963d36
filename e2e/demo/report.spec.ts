import { describe, expect, it } from '@jest/globals';
import { jsonReport, textReport } from './report.ts';
import { Tally } from './tally.ts';

const tally = new Tally();
tally.accept({ position: 'e.7', replayed: true, ms: 2 });
tally.refuse([{ field: 'state', code: 'choice', message: 'not offered' }], '42', 4);
const outcome = {
  form: 'unchanged' as const,
  tally,
  seconds: 2,
  answers: {
    page: { items: [], next: [], ms: 1 },
    counts: [{ product: 'Mortgage', count: 1234 }],
    one: undefined,
  },
};

describe('the report of the demo', () => {
  it('tells what became of the rows of the file', () => {
    const lines = textReport(outcome, 32).split('\n');
    expect(lines).toContain('2 rows in 2.0 s, 32 at a time: 1 a second');
    expect(lines).toContain('  accepted   1, 1 of them submitted before');
    expect(lines).toContain('  positions  e.7 to e.7');
    expect(lines).toContain('       1  state choice, as in 42: not offered');
  });

  it('says of the questions that they are about more than the file', () => {
    const text = textReport(outcome, 32);
    expect(text.indexOf('all that was ever submitted to the form')).toBeGreaterThan(text.indexOf('Refused'));
    expect(text.split('all that was ever submitted to the form')[1]).toMatch(/Mortgage +1,234/);
  });

  it('is one line of JSON for programs', () => {
    const text = jsonReport(outcome, true);
    expect(text).not.toContain('\n');
    expect(JSON.parse(text)).toMatchObject({
      rows: 2,
      replayed: 1,
      refused: 1,
      perSecond: 1,
      firstPosition: 'e.7',
      queries: { counts: { Mortgage: 1234 }, florida: [] },
      verify: true,
    });
  });
});
