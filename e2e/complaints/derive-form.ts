/**
 * Derives the consumer complaint form from the bureau's data and writes it to complaint.form.json:
 * `node --conditions=source e2e/complaints/derive-form.ts`
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { format, resolveConfig } from 'prettier';
import type { FormDefinition } from '#contracts/form/definition';
import { cascade, valuesOf } from './cascade.ts';
import type { Row } from './row.ts';
import {
  COMPANY_RESPONSE,
  CONSENT,
  CONSENT_PROVIDED,
  DISPUTED,
  PUBLIC_RESPONSE,
  STATES,
  SUBMITTED_VIA,
  TAGS,
} from './vocabulary.ts';

const choices = (values: readonly string[]) => values.map((value) => ({ value }));

/** A list in a rule. */
const listed = (values: readonly string[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;

/**
 * Sub-products, issues and sub-issues are offered as they occur together in the rows. What each rule rests on is
 * said in README.md beside this file.
 */
export function deriveForm(rows: readonly Row[]): FormDefinition {
  const withoutSubProduct = valuesOf(
    rows.filter((row) => row['Sub-product'] === ''),
    'Product',
  );
  return {
    title: 'Consumer complaint',
    description: 'A complaint about a financial product or service, and what the company did about it.',
    language: 'en',
    pages: [
      {
        name: 'complaint',
        title: 'What happened',
        fields: [
          {
            type: 'select',
            name: 'product',
            label: 'Product',
            required: true,
            choices: choices(valuesOf(rows, 'Product')),
          },
          {
            type: 'select',
            name: 'sub_product',
            label: 'Sub-product',
            required: `!(product in ${listed(withoutSubProduct)})`,
            choices: cascade(rows, 'Sub-product', { products: 'Product' }),
            filter: 'product in choice.products',
          },
          {
            type: 'select',
            name: 'issue',
            label: 'Issue',
            required: true,
            choices: cascade(rows, 'Issue', { products: 'Product', sub_products: 'Sub-product' }),
            filter:
              'product in choice.products && (!answered(sub_product) || sub_product in choice.sub_products)',
          },
          {
            type: 'select',
            name: 'sub_issue',
            label: 'Sub-issue',
            choices: cascade(rows, 'Sub-issue', { products: 'Product', issues: 'Issue' }),
            filter: 'product in choice.products && issue in choice.issues',
          },
          {
            type: 'select',
            name: 'consent',
            label: 'May your narrative be published?',
            hint: 'What identifies you is removed first.',
            choices: choices(CONSENT),
          },
          {
            type: 'longText',
            name: 'narrative',
            label: 'What happened?',
            visible: `consent == ${JSON.stringify(CONSENT_PROVIDED)}`,
            required: true,
            maxLength: 35_000,
          },
        ],
      },
      {
        name: 'consumer',
        title: 'About the consumer',
        fields: [
          {
            type: 'select',
            name: 'state',
            label: 'State or territory',
            choices: Object.entries(STATES).map(([value, label]) => ({ value, label })),
          },
          {
            type: 'text',
            name: 'zip_code',
            label: 'ZIP code',
            maxLength: 10,
            constraints: [
              {
                rule: "zip_code.matches('^([0-9]{5}|[0-9]{3}XX|XXXXX)$')",
                message: 'Five digits. The last two or all of them may be masked: 999XX, XXXXX.',
              },
            ],
          },
          { type: 'multiSelect', name: 'tags', label: 'The consumer is', choices: choices(TAGS) },
          {
            type: 'select',
            name: 'submitted_via',
            label: 'Submitted via',
            required: true,
            choices: choices(SUBMITTED_VIA),
          },
        ],
      },
      {
        name: 'handling',
        title: 'What became of it',
        fields: [
          { type: 'integer', name: 'complaint_id', label: 'Complaint ID', required: true, min: 1 },
          {
            type: 'date',
            name: 'date_received',
            label: 'Date received',
            required: true,
            constraints: [{ rule: 'date_received <= today()', message: 'This day has not come yet.' }],
          },
          { type: 'text', name: 'company', label: 'Company', required: true, maxLength: 200 },
          {
            type: 'date',
            name: 'date_sent_to_company',
            label: 'Date sent to the company',
            required: true,
            constraints: [
              {
                rule: 'date_sent_to_company >= date_received',
                message: 'A complaint is sent to the company on the day it is received, or later.',
              },
            ],
          },
          {
            type: 'group',
            name: 'response',
            label: "The company's response",
            fields: [
              {
                type: 'select',
                name: 'company_response',
                label: 'Response to the consumer',
                required: true,
                choices: choices(COMPANY_RESPONSE),
              },
              { type: 'boolean', name: 'timely_response', label: 'Was the response timely?', required: true },
              {
                type: 'select',
                name: 'company_public_response',
                label: 'Public response',
                choices: choices(PUBLIC_RESPONSE),
              },
            ],
          },
          {
            type: 'select',
            name: 'consumer_disputed',
            label: 'Did the consumer dispute the response?',
            choices: choices(DISPUTED),
          },
        ],
      },
    ],
  };
}

export const DATA = new URL('../data/complaints.csv', import.meta.url);
export const FORM = new URL('complaint.form.json', import.meta.url);

/** The rows of a CSV file with the bureau's header. */
export const rowsOf = (csv: string): readonly Row[] => parse<Row>(csv, { columns: true, bom: true });

if (import.meta.main) {
  const definition = deriveForm(rowsOf(await readFile(DATA, 'utf8')));
  const style = await resolveConfig(FORM);
  await writeFile(FORM, await format(JSON.stringify(definition), { ...style, parser: 'json' }));
}
