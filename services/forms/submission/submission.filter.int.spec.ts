import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pino from 'pino';
import type { Field } from '#contracts/form/definition-fields';
import type { Condition } from '#contracts/submission/submission.rpc';
import { connectDatabase, type Database } from '#readmodel/database';
import { testDatabase } from '#tools/testing/mongo';
import { listableFields } from './submission.filter-fields.ts';
import { planned } from './submission.filter.ts';

/** What a filter means is what the database makes of it. */
interface Stored {
  readonly _id: string;
  readonly formVersion: number;
  readonly answers: Readonly<Record<string, unknown>>;
}

let database: Database;

beforeAll(async () => {
  database = connectDatabase({ ...testDatabase(), logger: pino({ level: 'silent' }) });
  await database.whenAvailable(AbortSignal.timeout(60_000));
});

afterAll(() => database?.close());

const fill = (name: string, documents: readonly Stored[]): Promise<unknown> =>
  database.run((db) => db.collection<Stored>(name).insertMany([...documents]));

/** The ids of what is found, of a form with one field in each of these versions. */
async function found(
  name: string,
  versions: readonly Field[],
  condition: Condition,
): Promise<readonly string[]> {
  const definitions = new Map(
    versions.map((field, i) => [i + 1, { title: 'Spec', pages: [{ fields: [field] }] }]),
  );
  const filter = planned(
    { where: [condition], sort: { field: 'submittedAt', descending: true } },
    listableFields({ definitions }),
  );
  const documents = await database.run((db) => db.collection<Stored>(name).find(filter).toArray());
  return documents.map(({ _id }) => _id).sort();
}

describe('exact decimals', () => {
  const field: Field = { type: 'decimal', name: 'price', scale: 2 };
  const prices = ['9.00', '10.00', '-9.00', '0.00', '8.99', '100000000000000000.01', '100000000000000000.02'];
  const OPS = {
    eq: (a: bigint, b: bigint) => a === b,
    ne: (a: bigint, b: bigint) => a !== b,
    lt: (a: bigint, b: bigint) => a < b,
    lte: (a: bigint, b: bigint) => a <= b,
    gt: (a: bigint, b: bigint) => a > b,
    gte: (a: bigint, b: bigint) => a >= b,
  };
  const inCents = (price: string): bigint => BigInt(price.replace('.', ''));
  const ask = (op: Condition['op'], value: string): Promise<readonly string[]> =>
    found('prices', [field], { field: 'answers.price', op, value });

  beforeAll(async () => {
    await fill('prices', [
      ...prices.map((price) => ({ _id: price, formVersion: 1, answers: { price } })),
      { _id: 'none', formVersion: 1, answers: {} },
    ]);
  });

  it.each([
    ['eq', '9', ['9.00']],
    ['ne', '9.0', [...prices.filter((price) => price !== '9.00'), 'none']],
    ['lt', '9', ['-9.00', '0.00', '8.99']],
    ['gte', '9.000', ['9.00', '10.00', '100000000000000000.01', '100000000000000000.02']],
    ['gt', '100000000000000000.01', ['100000000000000000.02']],
    ['eq', '-0', ['0.00']],
    ['in', '[9, "-9", 100000000000000000.01]', ['9.00', '-9.00', '100000000000000000.01']],
    ['exists', 'false', ['none']],
  ] as const)('are compared as numbers: %s %s', async (op, value, expected) => {
    expect(await ask(op, value)).toEqual([...expected].sort());
  });

  it('are found as whole numbers of cents would be, whatever is asked', async () => {
    const amounts = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
        fc.integer({ min: 10, max: 99 }),
      )
      .map(([sign, whole, cents]) => `${sign}${whole}.${cents}`);
    const ops = fc.constantFrom(...(Object.keys(OPS) as (keyof typeof OPS)[]));
    await fc.assert(
      fc.asyncProperty(ops, fc.oneof(amounts, fc.constantFrom(...prices)), async (op, value) => {
        const expected = prices.filter((price) => OPS[op](inCents(price), inCents(value)));
        const answered = (await ask(op, value)).filter((id) => id !== 'none');
        expect(answered).toEqual(expected.sort());
      }),
      { numRuns: 50 },
    );
  });
});

describe('a field that changed its type', () => {
  const versions: readonly Field[] = [
    { type: 'text', name: 'v' },
    { type: 'integer', name: 'v' },
    { type: 'decimal', name: 'v', scale: 1 },
    { type: 'boolean', name: 'v' },
    { type: 'multiSelect', name: 'v', choices: [{ value: '12' }, { value: 'x' }] },
  ];
  const ask = (op: Condition['op'], value: string): Promise<readonly string[]> =>
    found('changed', versions, { field: 'answers.v', op, value });

  beforeAll(async () => {
    await fill('changed', [
      { _id: 'text', formVersion: 1, answers: { v: '12' } },
      { _id: 'abc', formVersion: 1, answers: { v: 'abc' } },
      { _id: 'number', formVersion: 2, answers: { v: 12 } },
      { _id: 'exact', formVersion: 3, answers: { v: '12.0' } },
      { _id: 'boolean', formVersion: 4, answers: { v: true } },
      { _id: 'chosen', formVersion: 5, answers: { v: ['12', 'x'] } },
      ...[1, 2, 3, 4, 5].map((formVersion) => ({ _id: `none ${formVersion}`, formVersion, answers: {} })),
    ]);
  });

  it.each([
    ['eq', '12', ['chosen', 'exact', 'number', 'text']],
    ['eq', 'abc', ['abc']],
    ['eq', 'true', ['boolean']],
    ['eq', 'x', ['chosen']],
    ['lt', '13', ['exact', 'number', 'text']],
    ['gt', '11', ['abc', 'exact', 'number', 'text']],
    ['in', '["abc",12.0,true]', ['abc', 'boolean', 'exact', 'number']],
    ['ne', '12', ['abc', 'boolean', 'none 1', 'none 2', 'none 3', 'none 4', 'none 5']],
  ] as const)('is compared as what it was: %s %s', async (op, value, expected) => {
    expect(await ask(op, value)).toEqual(expected);
  });
});
