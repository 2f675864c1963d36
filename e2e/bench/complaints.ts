import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { FormDefinition } from '#contracts/form/definition';
import { compileForm } from '#logic/compile';
import { validateAnswers } from '#logic/validate';
import { packageRoot } from '#tools/start/services';
import { answersOf, type Row } from '../complaints/row.ts';

/** The consumer complaint form, with the answers of those complaints in the data that it takes. */
export interface Complaints {
  readonly definition: FormDefinition;
  readonly answers: readonly Readonly<Record<string, unknown>>[];
}

export async function loadComplaints(): Promise<Complaints> {
  const read = (path: string): Promise<string> => readFile(join(packageRoot(), 'e2e', path), 'utf8');
  const definition = JSON.parse(await read('complaints/complaint.form.json')) as FormDefinition;
  const rows: Row[] = parse(await read('data/complaints.csv'), { columns: true });
  const compiled = compileForm(definition);
  if (!compiled.ok)
    throw new Error(`the complaint form does not compile: ${JSON.stringify(compiled.errors)}`);
  const now = new Date();
  const answers = rows
    .map(answersOf)
    .filter((candidate) => validateAnswers(compiled.form, candidate, { now }).problems.length === 0);
  if (answers.length < rows.length / 2) throw new Error('the complaint form refuses most of its own data');
  return { definition, answers };
}

export const meanBytes = (values: readonly unknown[]): number =>
  Math.round(
    values.reduce<number>((sum, value) => sum + Buffer.byteLength(JSON.stringify(value)), 0) / values.length,
  );
