import { createHash } from 'node:crypto';
import type { ErrorItem } from '#contracts/errors';
import { answersOf, complaintId, type Row } from '../complaints/row.ts';
import type { FormbusClient } from '../client/client.ts';
import { inLanes } from '../client/lanes.ts';
import { ProblemAnswer } from '../client/problem-answer.ts';
import { COMPLAINTS } from './form.ts';
import type { Line } from './rows.ts';
import type { Tally } from './tally.ts';

/** Answers that are about the row; any other error is about the system and ends the run. */
const ABOUT_THE_ROW = new Set([
  'invalid_answers',
  'idempotency_key_reused',
  'body_too_large',
  'bad_request',
  'erased',
  'internal',
]);

/** What the gateway takes as Idempotency-Key. */
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** Submits all lines, so many at a time. @throws ProblemAnswer, NoAnswer when the system can't be used */
export async function submitLines(
  client: FormbusClient,
  lines: AsyncIterable<Line>,
  { connections, tally, onRow }: { connections: number; tally: Tally; onRow: () => void },
): Promise<void> {
  await inLanes(lines, connections, async (line) => {
    if (line.kind === 'row') await submitRow(client, line.row, line.line, tally);
    else tally.refuse([{ field: '', code: 'broken_line', message: line.reason }], `line ${line.line}`);
    onRow();
  });
}

async function submitRow(client: FormbusClient, row: Row, line: number, tally: Tally): Promise<void> {
  const started = performance.now();
  try {
    tally.accept(await client.submit(COMPLAINTS, answersOf(row), { idempotencyKey: keyOf(row) }));
  } catch (error) {
    if (!(error instanceof ProblemAnswer) || !ABOUT_THE_ROW.has(error.code)) throw error;
    tally.refuse(problemsOf(error), complaintId(row) || `line ${line}`, performance.now() - started);
  }
}

/** Rows without a usable Complaint ID are told apart by all that they say; it is for the form to refuse them. */
function keyOf(row: Row): string {
  const id = complaintId(row);
  return KEY.test(id) ? id : `row-${createHash('sha256').update(JSON.stringify(row)).digest('base64url')}`;
}

function problemsOf(error: ProblemAnswer): { field: string; code: string; message: string }[] {
  if (error.code === 'idempotency_key_reused') {
    const message = 'another row with this Complaint ID was accepted';
    return [{ field: 'complaint_id', code: error.code, message }];
  }
  if (error.errors.length === 0) return [{ field: '', code: error.code, message: error.message }];
  return error.errors.map(({ path, code, message }: ErrorItem) => ({
    field: path.split('/')[1] ?? '',
    code,
    message,
  }));
}
