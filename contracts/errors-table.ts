import { ERRORS } from './errors.ts';

/** What the paths of a problem's errors start from. */
export const POINTERS = `Each \`path\` in \`errors\` is a JSON Pointer (RFC 6901). It starts from what the code speaks of: with
\`invalid_answers\` from the answers (\`/name\` is the answer to the field \`name\`), with \`invalid_definition\` from the
definition (\`/pages/0/fields/1\`), with \`bad_request\` from the part of the request that \`detail\` names, which is the body,
the query or the path. An empty \`path\` is the whole of it.`;

/** The errors table as Markdown, for docs/errors.md and for the API description. */
export const errorsTable = (): string =>
  [
    '| code | status | meaning | what to do |',
    '|---|---|---|---|',
    ...Object.entries(ERRORS).map(
      ([code, { status, title, action }]) => `| \`${code}\` | ${status} | ${title} | ${action} |`,
    ),
  ].join('\n');
