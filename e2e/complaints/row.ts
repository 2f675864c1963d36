/**
 * From a row of the bureau's export to the answers of the complaint form. A cell is taken as it is, so that whatever
 * the form does not offer is refused by its validation, with the field named.
 */
export type Row = Readonly<Record<string, string>>;

type Cell = (text: string) => unknown;

const asText: Cell = (text) => text;
/** Digits become a number; anything else stays as it is, for the form to refuse. */
const asInteger: Cell = (text) => (/^\d{1,15}$/.test(text) ? Number(text) : text);
const asBoolean: Cell = (text) => (text === 'Yes' ? true : text === 'No' ? false : text);
const asList: Cell = (text) => text.split(', ');

/** The field for each column, in the order of the header. */
export const COLUMNS: Readonly<Record<string, readonly [field: string, read: Cell]>> = {
  'Date received': ['date_received', asText],
  Product: ['product', asText],
  'Sub-product': ['sub_product', asText],
  Issue: ['issue', asText],
  'Sub-issue': ['sub_issue', asText],
  'Consumer complaint narrative': ['narrative', asText],
  'Company public response': ['company_public_response', asText],
  Company: ['company', asText],
  State: ['state', asText],
  'ZIP code': ['zip_code', asText],
  Tags: ['tags', asList],
  'Consumer consent provided?': ['consent', asText],
  'Submitted via': ['submitted_via', asText],
  'Date sent to company': ['date_sent_to_company', asText],
  'Company response to consumer': ['company_response', asText],
  'Timely response?': ['timely_response', asBoolean],
  'Consumer disputed?': ['consumer_disputed', asText],
  'Complaint ID': ['complaint_id', asInteger],
};

/** The answers of a row; an empty or missing cell is no answer. */
export function answersOf(row: Row): Record<string, unknown> {
  const answers: Record<string, unknown> = {};
  for (const [column, [field, read]] of Object.entries(COLUMNS)) {
    const cell = row[column]?.trim() ?? '';
    if (cell !== '') answers[field] = read(cell);
  }
  return answers;
}

/** What tells one complaint from another: the Idempotency-Key of its submission. */
export const complaintId = (row: Row): string => row['Complaint ID']?.trim() ?? '';
