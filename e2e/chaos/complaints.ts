import { join } from 'node:path';
import type { FormDefinition } from '#contracts/form/definition';
import { compileForm } from '#logic/compile';
import { validateAnswers } from '#logic/validate';
import { digest } from '#security/digest';
import { packageRoot } from '#tools/start/services';
import { answersOf } from '../complaints/row.ts';
import { readLines } from '../demo/rows.ts';

/** A complaint that the form accepts. */
export interface Complaint {
  readonly answers: Readonly<Record<string, unknown>>;
  /** Digest of the answers that must lie in the log, as the form puts them. */
  readonly stored: string;
}

/** The complaints of e2e/data that satisfy the form. */
export async function validComplaints(definition: FormDefinition): Promise<Complaint[]> {
  const compiled = compileForm(definition);
  if (!compiled.ok) throw new Error(`the complaint form has errors: ${JSON.stringify(compiled.errors)}`);
  const now = new Date();
  const complaints: Complaint[] = [];
  for await (const line of readLines(join(packageRoot(), 'e2e', 'data', 'complaints.csv'))) {
    if (line.kind !== 'row') continue;
    const answers = answersOf(line.row);
    const { answers: normal, problems } = validateAnswers(compiled.form, answers, { now });
    if (problems.length === 0) complaints.push({ answers, stored: digest(normal) });
  }
  return complaints;
}
