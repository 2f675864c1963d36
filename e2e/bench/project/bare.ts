import { jetstream, type JsMsg } from '@nats-io/jetstream';
import type mongoose from 'mongoose';
import { SEALED_PROPERTY } from '#eventing/catalog';
import { DataKey, unseal } from '#eventing/data-key';
import { readKeyMessage, unwrapKey, wrappingKey, type WrappingKey } from '#eventing/key-message';
import {
  submissionsProjection,
  type SubmissionDocument,
} from '#services/forms/submission/submission.projection';
import type { BenchLog } from '../log/bench-log.ts';

const BATCH = 1000;

/**
 * What somebody would write who wants the documents and nothing else: an ordered consumer of nats.js, decryption, and
 * bulkWrite of a thousand inserts at a time while the next thousand arrives. No checkpoint beside the documents, no
 * guard against a second writer, no check of versions or schemas, no generations to swap, no lag, no halt.
 */
export async function bareProjection(
  bench: BenchLog,
  db: mongoose.mongo.Db,
  lastSeq: number,
): Promise<number> {
  const collection = db.collection<SubmissionDocument>('submissions');
  await collection.createIndexes(
    submissionsProjection.indexes.map(({ name, key }) => ({ name, key: { ...key } })),
  );
  const keys = new KeysSeen(bench.masterKey);
  const consumer = await jetstream(bench.bus.nc).consumers.get('EVENTS', {
    filter_subjects: [...submissionsProjection.filters, 'key.>'],
  });
  const messages = await consumer.consume({ max_messages: 2 * BATCH });
  let batch: SubmissionDocument[] = [];
  let writing: Promise<unknown> = Promise.resolve();
  let written = 0;
  const write = async (): Promise<void> => {
    const documents = batch;
    batch = [];
    await writing;
    written += documents.length;
    writing = collection.bulkWrite(
      documents.map((document) => ({ insertOne: { document } })),
      { ordered: false, writeConcern: { w: 1, journal: true } },
    );
  };
  for await (const message of messages) {
    if (message.subject.startsWith('key.')) keys.take(message);
    else if (batch.push(documentOf(message, keys)) === BATCH) await write();
    if (message.seq >= lastSeq) break;
  }
  if (batch.length > 0) await write();
  await writing;
  return written;
}

function documentOf(message: JsMsg, keys: KeysSeen): SubmissionDocument {
  const [, workspace = '', , form = '', id = ''] = message.subject.split('.');
  const header = (name: string): string => message.headers?.get(name) ?? '';
  const { [SEALED_PROPERTY]: sealed, ...clear } = message.json<Record<string, unknown>>();
  const additional = `${message.subject}\n${header('ce-id')}\n${header('ce-type')}`;
  const key = keys.of(workspace, id);
  const opened = unseal(key.secret, Buffer.from(String(sealed), 'base64'), additional).toString('utf8');
  const time = header('ce-time');
  return {
    _id: id,
    workspace,
    form,
    formVersion: Number(clear.formVersion),
    state: 'submitted',
    version: Number(header('formbus-version')),
    answers: (JSON.parse(opened) as Pick<SubmissionDocument, 'answers'>).answers,
    submittedAt: time,
    submittedBy: header('formbus-actor'),
    updatedAt: time,
  };
}

/** Data keys, unwrapped as they pass by. */
class KeysSeen {
  readonly #master: WrappingKey;
  readonly #workspaces = new Map<string, WrappingKey>();
  readonly #keys = new Map<string, DataKey>();

  constructor(masterKey: Uint8Array) {
    this.#master = wrappingKey(masterKey);
  }

  take({ subject, data }: JsMsg): void {
    const [, workspace = '', owner = ''] = subject.split('.');
    const message = readKeyMessage(data, subject);
    if (owner === '_workspace') {
      this.#workspaces.set(workspace, wrappingKey(unwrapKey(this.#master, message, subject)));
      return;
    }
    const by = this.#workspaces.get(workspace);
    if (!by) throw new Error(`the key of workspace ${workspace} did not come before ${subject}`);
    this.#keys.set(`${workspace}.${owner}`, new DataKey(unwrapKey(by, message, subject)));
  }

  of(workspace: string, owner: string): DataKey {
    const key = this.#keys.get(`${workspace}.${owner}`);
    if (!key) throw new Error(`no key for ${owner} of ${workspace}`);
    return key;
  }
}
