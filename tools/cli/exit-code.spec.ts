import { CommanderError } from 'commander';
import { describe, expect, it } from '@jest/globals';
import { ERRORS, Problem } from '#contracts/errors';
import { ConfigError } from '#service/config';
import { UsageError, UserError } from '../start/user-error.ts';
import { exitCodeOf, exitCodeOfStatus, explain, NotFound, Refused, Unreachable } from './exit-code.ts';

describe('the exit code', () => {
  it.each<[Error, number]>([
    [new CommanderError(0, 'commander.help', ''), 0],
    [new CommanderError(1, 'commander.unknownOption', ''), 2],
    [new UsageError('x'), 2],
    [new ConfigError(['x']), 2],
    [new NotFound('x'), 3],
    [new Unreachable('x'), 4],
    [new Refused('x'), 5],
    [new UserError('x'), 1],
    [new TypeError('x'), 1],
    [new Problem('key_not_found'), 3],
    [new Problem('bus_unavailable'), 4],
    [new Problem('forbidden'), 5],
    [new Problem('contended'), 1],
  ])('of %s is %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  it.each([
    [401, 5],
    [403, 5],
    [404, 3],
    [410, 3],
    [409, 1],
    [429, 4],
    [500, 1],
    [503, 4],
  ])('of a status %i is %i', (status, code) => {
    expect(exitCodeOfStatus(status)).toBe(code);
  });
});

describe('an error in words', () => {
  it('says what is wrong, what to do, and every place', () => {
    const errors = [{ path: '/expiresAt', code: 'too_early', message: 'Must be in the future.' }];
    expect(explain(new Problem('bad_request', 'The body has 1 error.', { errors }))).toBe(
      'The request is malformed: The body has 1 error. Correct what `detail` and `errors` name and send it again.\n  /expiresAt Must be in the future.',
    );
  });

  it.each([
    ['webhook_not_found', 'formbus webhooks list'],
    ['delivery_not_found', 'formbus webhooks deliveries'],
    ['key_not_found', 'formbus keys list'],
    ['task_not_found', 'formbus tasks list'],
    ['task_kind_not_found', 'formbus tasks kinds'],
    ['dead_letter_not_found', 'formbus dlq list'],
  ] as const)('names for %s the command that shows what there is', (code, shows) => {
    expect(explain(new Problem(code))).toContain(`See ${shows}`);
    expect(explain(new Problem(code))).not.toContain(ERRORS[code].action);
  });

  it('is one line without a stack where a person can put it right, and has one where not', () => {
    expect(explain(new Unreachable('nobody there'))).toBe('nobody there');
    expect(explain(new TypeError('fault'))).toContain('exit-code.spec');
  });
});
