import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '#tools/start/services';
import { answersOf, COLUMNS, type Row } from '../complaints/row.ts';
import { COMPLAINTS } from '../demo/form.ts';
import { startWorld, type World } from './world.ts';

const root = packageRoot();
let world: World;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'formbus-demo-'));
  world = await startWorld();
});

afterAll(async () => {
  await world?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly stderr: string;
  /** The last line of the output. */
  readonly last: string;
}

function run(script: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'dist', script), ...args],
      { cwd: root },
      (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : error ? 1 : 0;
        resolve({ code, stderr, last: stdout.trim().split('\n').at(-1) ?? '' });
      },
    );
  });
}

const demo = (...args: string[]): Promise<Ran> => {
  const { url, data } = world.system;
  return run('e2e/demo/main.js', ['--url', url, '--key-file', data.apiKeyFile, '--json', ...args]);
};

interface DemoReport {
  readonly form: string;
  readonly accepted: number;
  readonly replayed: number;
  readonly refused: number;
  readonly refusals: readonly { field: string; code: string; count: number; example: string }[];
  readonly perSecond: number;
  readonly p95ms: number;
  readonly firstPosition: string;
  readonly lastPosition: string;
}

const HEADER = Object.keys(COLUMNS);
const lineOf = (row: Row): string =>
  HEADER.map((column) => `"${(row[column] ?? '').replaceAll('"', '""')}"`).join(',');

/** Writes CSV lines under the bureau's header, or another. */
async function csv(lines: readonly (string | Row)[], header = HEADER): Promise<string> {
  const path = join(folder, `${lines.length}-${header.length}.csv`);
  const texts = lines.map((line) => (typeof line === 'string' ? line : lineOf(line)));
  await writeFile(path, [header.join(','), ...texts].join('\n'));
  return path;
}

const complaint: Row = {
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
  'Complaint ID': '900000001',
};

describe('the main job', () => {
  let first: DemoReport;

  it('takes every real complaint', async () => {
    const { code, last, stderr } = await demo();
    expect([code, stderr]).toEqual([0, expect.stringContaining('1,600 rows')]);
    first = JSON.parse(last) as DemoReport;
    expect(first).toMatchObject({ form: 'published', accepted: 1600, replayed: 0, refused: 0 });
    expect(first.perSecond).toBeGreaterThan(0);
    expect(first.p95ms).toBeGreaterThan(0);
  });

  it('changes nothing when it is done again', async () => {
    const again = JSON.parse((await demo()).last) as DemoReport;
    const { firstPosition, lastPosition } = first;
    expect(again).toMatchObject({
      form: 'unchanged',
      accepted: 1600,
      replayed: 1600,
      refused: 0,
      firstPosition,
      lastPosition,
    });
    const { body } = await world.client.listSubmissions(COMPLAINTS, { count: true, limit: 1 });
    expect(body.total).toBe(1600);
  });

  it('gives every complaint back, page by page, in the order asked for', async () => {
    const ids: number[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await world.client.listSubmissions(COMPLAINTS, {
        filter: ['answers.state:in:["FL","TX"]', 'answers.product:ne:Mortgage'],
        sort: 'answers.complaint_id',
        limit: 50,
        cursor,
        count: true,
      });
      for (const { answers } of body.items) ids.push(Number(answers.complaint_id));
      cursor = body.next ?? undefined;
      expect(body.total).toBeGreaterThanOrEqual(ids.length);
    } while (cursor !== undefined);
    expect(ids.length).toBeGreaterThan(300);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  });

  it('lets a submitter read what was just submitted', async () => {
    const { client } = world;
    for (let n = 0; n < 20; n++) {
      const sent = await client.submit(
        COMPLAINTS,
        answersOf({ ...complaint, 'Complaint ID': `91000000${n}` }),
      );
      const read = await client.getSubmission(COMPLAINTS, sent.body.id, sent.position);
      expect(read.body).toMatchObject({
        id: sent.body.id,
        version: 1,
        answers: { product: 'Debt collection' },
      });
      expect(read.headers.etag).toBe(sent.headers.etag);
    }
  });

  it('refuses rows that the form does not offer, and names the field; nothing else breaks', async () => {
    const path = await csv([
      complaint,
      { ...complaint, 'Complaint ID': '900000002', Product: 'Crystal balls' },
      { ...complaint, 'Complaint ID': '900000003', Issue: 'Bad luck' },
      { ...complaint, 'Complaint ID': '' },
      complaint,
      { ...complaint, State: 'FL' },
      'half,a,line',
      '"unfinished',
      { ...complaint, 'Complaint ID': '900000004' },
    ]);
    const { code, last } = await demo('--data', path, '--connections', '1');
    const report = JSON.parse(last) as DemoReport;
    expect(code).toBe(0);
    expect(report).toMatchObject({ accepted: 3, replayed: 1, refused: 6 });
    const reasons = report.refusals.map(
      ({ field, code: reason, example }) => `${field} ${reason} ${example}`,
    );
    expect(reasons).toEqual(
      expect.arrayContaining([
        'product choice 900000002',
        'issue choice 900000003',
        'complaint_id required line 5',
        'complaint_id idempotency_key_reused 900000001',
        ' broken_line line 8',
      ]),
    );
  });

  it('refuses a file with another header, in one line that names the columns', async () => {
    const { code, stderr, last } = await demo('--data', await csv([complaint], HEADER.slice(2)));
    expect([code, last]).toEqual([2, '']);
    expect(stderr).toContain('lacks the columns "Date received", "Product"');
  });

  it('can be proven from the log, while it runs', async () => {
    const { code, last } = await run('tools/cli/main.js', [
      'projections',
      'verify',
      'submissions',
      '--json',
      '--data',
      world.system.data.root,
    ]);
    expect([code, JSON.parse(last)]).toMatchObject([0, { equal: true, documents: 1622 }]);
  });

  it('describes itself', async () => {
    const { client } = world;
    const { body } = await client.call<{ openapi: string; paths: object }>({
      method: 'GET',
      path: '/openapi.json',
    });
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths)).toContain('/v1/forms/{form}/submissions');
    expect((await client.exchange({ method: 'GET', path: '/docs' })).status).toBe(200);
  });
});
