import { describe, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import mongoose from 'mongoose';
import { startTestMongo, testDatabase } from './mongo.ts';
import { startTestNats } from './nats.ts';

describe('the test nats-server', () => {
  it('keeps its streams over a kill and answers on the same port', async () => {
    const nats = await startTestNats();
    try {
      const first = await connect({ servers: nats.url, reconnect: false });
      expect(first.info?.max_payload).toBe(8 << 20);
      const manager = await jetstreamManager(first);
      await manager.streams.add({ name: 'KEPT', subjects: ['kept.>'] });
      await manager.jetstream().publish('kept.one', 'x');
      await nats.kill();
      await first.closed();
      await nats.restart();
      const second = await connect({ servers: nats.url });
      const { state } = await (await jetstreamManager(second)).streams.info('KEPT');
      expect(state.messages).toBe(1);
      await second.close();
    } finally {
      await nats.stop();
    }
  });
});

describe('the test MongoDB', () => {
  it('gives every caller a database of its own', async () => {
    const { uri, name } = testDatabase();
    expect(testDatabase().name).not.toBe(name);
    const connection = await mongoose.createConnection(uri, { dbName: name }).asPromise();
    await connection.collection('things').insertOne({ a: 1 });
    expect(await connection.collection('things').countDocuments()).toBe(1);
    await connection.close();
  });

  it('keeps acknowledged writes over a kill and answers at the same address', async () => {
    const mongo = await startTestMongo();
    try {
      const before = await mongoose.createConnection(mongo.uri, { dbName: 'kept' }).asPromise();
      await before.collection('things').insertOne({ a: 1 }, { writeConcern: { w: 1, j: true } });
      await mongo.kill();
      await before.close(true);
      await mongo.restart();
      const after = await mongoose.createConnection(mongo.uri, { dbName: 'kept' }).asPromise();
      expect(await after.collection('things').countDocuments()).toBe(1);
      await after.close();
    } finally {
      await mongo.stop();
    }
  });
});
