import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { Problem } from '#contracts/errors';
import { asProblem, isUnavailable } from './database-error.ts';

const { mongo } = mongoose;
const server = (code: number): Error => new mongo.MongoServerError({ code, message: 'no' });

describe('an error of the database', () => {
  it.each([
    ['a lost connection', new mongo.MongoNetworkError('connection closed')],
    ['a broken socket', Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })],
    ['no server in time', new mongo.MongoServerSelectionError('none', {} as never)],
    ['a server that shuts down', server(91)],
    ['a server that is no primary any more', server(10107)],
    ['a full disk', server(14031)],
    ['credentials that are refused', server(18)],
    ['what was said to be so before', new Problem('read_model_unavailable')],
  ])('is passing: %s', (_, error) => {
    expect(isUnavailable(error)).toBe(true);
    expect(asProblem(error)).toMatchObject({ code: 'read_model_unavailable' });
  });

  it.each([
    ['a duplicate key', server(11000)],
    ['a query that is no query', server(2)],
    [
      'a document that is too large',
      new mongo.MongoInvalidArgumentError('Document is larger than the maximum size'),
    ],
    ['a fault in the code', new TypeError('x is undefined')],
    ['no error at all', 'text'],
  ])('is there to stay: %s', (_, error) => {
    expect(isUnavailable(error)).toBe(false);
    expect(asProblem(error)).toBe(error);
  });

  it('is a query over its time: too much, rather than away', () => {
    expect(asProblem(server(50))).toMatchObject({ code: 'overloaded', retryAfter: 2 });
    expect(isUnavailable(server(50))).toBe(false);
  });
});
