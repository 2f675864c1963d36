import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { FormDefinition } from '#contracts/form/definition';
import type { Form } from '#contracts/form/form.rpc';
import { packageRoot } from '#tools/start/services';
import type { Answer, FormbusClient } from '../client/client.ts';
import { ProblemAnswer } from '../client/problem-answer.ts';

export const COMPLAINTS = 'consumer-complaint';

/** Others may change the form at the same time: then it is looked at again. */
const ATTEMPTS = 5;
const OVERTAKEN = new Set(['form_exists', 'stale', 'form_has_no_draft_change']);

export async function complaintForm(): Promise<FormDefinition> {
  const file = join(packageRoot(), 'e2e', 'complaints', 'complaint.form.json');
  return JSON.parse(await readFile(file, 'utf8')) as FormDefinition;
}

/**
 * Sees to it that `definition` is what the form's newest version asks: creates the form, or publishes another
 * version, or does nothing.
 */
export async function ensurePublished(
  client: FormbusClient,
  form: string,
  definition: FormDefinition,
): Promise<'published' | 'unchanged'> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await publishWhereNeeded(client, form, definition);
    } catch (error) {
      const overtaken = error instanceof ProblemAnswer && OVERTAKEN.has(error.code);
      if (!overtaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function publishWhereNeeded(
  client: FormbusClient,
  form: string,
  definition: FormDefinition,
): Promise<'published' | 'unchanged'> {
  const found = await find(client, form);
  if (!found) await client.createForm(form, definition);
  else {
    if (await asksAlready(client, found.body, definition)) return 'unchanged';
    await client.editDraft(form, definition, found.headers.etag ?? '');
  }
  await client.publishForm(form, 'The consumer complaint form of the demo');
  return 'published';
}

async function find(client: FormbusClient, form: string): Promise<Answer<Form> | undefined> {
  try {
    return await client.getForm(form);
  } catch (error) {
    if (error instanceof ProblemAnswer && error.code === 'form_not_found') return undefined;
    throw error;
  }
}

async function asksAlready(
  client: FormbusClient,
  { id, current }: Form,
  definition: FormDefinition,
): Promise<boolean> {
  if (current === null) return false;
  const { body } = await client.getVersion(id, current);
  return isDeepStrictEqual(body.definition, definition);
}
