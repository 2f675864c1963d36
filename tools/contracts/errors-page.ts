import { errorsTable, POINTERS } from '#contracts/errors-table';

/** docs/errors.md: the errors table for people. */
export function errorsPage(): string {
  return [
    '# Errors',
    '',
    'Every error answer is `application/problem+json` (RFC 9457). Programs should look at `code`; `detail` says what',
    'exactly was wrong, `action` what to do, `errors` lists everything that was wrong with its place, and `requestId`',
    'finds a failure of Formbus itself (5xx) in the logs. This page is generated from `contracts/errors.ts`.',
    '',
    POINTERS,
    '',
    errorsTable(),
    '',
  ].join('\n');
}
