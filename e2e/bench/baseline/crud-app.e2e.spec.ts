import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import mongoose, { type Connection } from 'mongoose';
import { compileForm } from '#logic/compile';
import { issueApiKey } from '#security/api-key';
import { startTestMongo, type TestMongo } from '#tools/testing/mongo';
import { crudApp } from './crud-app.ts';
import { modelsOf } from './documents.ts';

/** A baseline that promised less than Formbus would be faster for the wrong reason. */
describe('the CRUD app that Formbus is measured against', () => {
  const { key, id, hash } = issueApiKey();
  let mongo: TestMongo;
  let connection: Connection;
  let app: FastifyInstance;

  beforeAll(async () => {
    mongo = await startTestMongo();
    connection = await mongoose
      .createConnection(mongo.uri, { dbName: 'crud', retryWrites: false })
      .asPromise();
    const compiled = compileForm({
      title: 'F',
      pages: [{ fields: [{ type: 'text', name: 'name', required: true }] }],
    });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
    app = await crudApp({ connection, form: { id: 'f', compiled: compiled.form }, promises: 'same' });
    await modelsOf(connection).Key.create({ _id: id, hash, workspace: 'default' });
  });

  afterAll(async () => {
    await app.close();
    await connection.close();
    await mongo.stop();
  });

  const submit = (answers: object, idempotencyKey: string, bearer = key) =>
    app.inject({
      method: 'POST',
      url: '/v1/forms/f/submissions',
      headers: { authorization: `Bearer ${bearer}`, 'idempotency-key': idempotencyKey },
      payload: { answers },
    });
  const counts = async () => {
    const { Submission, History, Idempotency } = modelsOf(connection);
    return Promise.all([Submission, History, Idempotency].map((model) => model.countDocuments()));
  };

  it('stores a submission with its history and the record of its key', async () => {
    const response = await submit({ name: 'Ada' }, 'one');
    expect(response.statusCode).toBe(201);
    const { id: submission } = response.json<{ id: string }>();
    expect(response.headers).toMatchObject({
      location: `/v1/forms/f/submissions/${submission}`,
      etag: '"1"',
    });
    const { Submission, History } = modelsOf(connection);
    expect(await Submission.findById(submission).lean()).toMatchObject({
      answers: { name: 'Ada' },
      state: 'submitted',
    });
    expect(await History.findById(`${submission}.1`).lean()).toMatchObject({
      type: 'submitted',
      actor: `key:${id}`,
    });
  });

  it('answers a repeat alike and changes nothing', async () => {
    const first = await submit({ name: 'Bob' }, 'two');
    const before = await counts();
    const second = await submit({ name: 'Bob' }, 'two');
    expect(second.json()).toEqual(first.json());
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(await counts()).toEqual(before);
  });

  it('lets one of many repeats at once through', async () => {
    const [submissions = 0] = await counts();
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit({ name: 'Eve' }, 'three')));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.json<{ id: string }>().id)).size).toBe(1);
    expect((await counts())[0]).toBe(submissions + 1);
  });

  it('finishes what broke off after the record of the key', async () => {
    const { Idempotency, Submission, History } = modelsOf(connection);
    const first = await submit({ name: 'Zoe' }, 'four');
    const { id: submission } = first.json<{ id: string }>();
    await Promise.all([
      Submission.deleteOne({ _id: submission }),
      History.deleteOne({ _id: `${submission}.1` }),
    ]);
    expect((await submit({ name: 'Zoe' }, 'four')).json()).toEqual(first.json());
    expect(await Submission.exists({ _id: submission })).not.toBeNull();
    expect(await Idempotency.countDocuments({ submission })).toBe(1);
  });

  it('refuses another body under the same key, answers that break the form, and a wrong key', async () => {
    await submit({ name: 'A' }, 'five');
    expect((await submit({ name: 'B' }, 'five')).statusCode).toBe(422);
    const invalid = await submit({ nam: 'A' }, 'six');
    expect(invalid.statusCode).toBe(422);
    expect(invalid.json<{ errors: { code: string }[] }>().errors.map(({ code }) => code)).toEqual([
      'required',
      'unknown_field',
    ]);
    expect(
      (await submit({ name: 'A' }, 'seven', `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`))
        .statusCode,
    ).toBe(401);
    expect((await submit({ name: 'A' }, 'seven', 'x')).statusCode).toBe(401);
  });
});
