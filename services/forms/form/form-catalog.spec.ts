import { describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { eventually } from '#tools/testing/eventually';
import type { EventLog, LogBatch } from '#eventing/event-log';
import type { StoredEvent } from '#eventing/stored-event';
import { FormCatalog } from './form-catalog.ts';

const SUBJECT = 'evt.w.form.f';
const definition = { title: 'T', pages: [{ fields: [{ type: 'text', name: 'a' }] }] };

const events = [
  { type: 'formbus.form.created.v1', data: { definition, idempotency: null } },
  {
    type: 'formbus.form.versionPublished.v1',
    data: { number: 1, definition, note: '', idempotency: null },
  },
  { type: 'formbus.form.retired.v1', data: { reason: 'over' } },
].map((event, at): StoredEvent => {
  const seq = at + 1;
  return {
    ...event,
    seq,
    position: `e.${seq}`,
    subject: SUBJECT,
    workspace: 'w',
    id: `c.${seq}`,
    version: seq,
    time: '2026-01-01T00:00:00.000Z',
    source: '/spec',
    actor: 'key:x',
    correlation: 'r',
    known: true,
    erased: false,
  };
});

/** A log whose replica lags behind what its followers are told. */
function laggingLog() {
  const told = Promise.withResolvers<void>();
  const seen = Promise.withResolvers<void>();
  const replica = { upTo: 2, reads: 0 };
  async function* follow(): AsyncGenerator<LogBatch> {
    await told.promise;
    yield { events: events.slice(2), lastSeq: 3, pending: 0 };
    seen.resolve();
    await new Promise(() => undefined);
  }
  const log = {
    epoch: 'e',
    lastSeq: () => Promise.resolve(2),
    read: () => {
      replica.reads++;
      return Promise.resolve(events.slice(0, replica.upTo));
    },
    follow,
  } as unknown as EventLog;
  return {
    log,
    replica,
    tell: (): Promise<void> => {
      told.resolve();
      return seen.promise;
    },
  };
}

describe('the form catalog', () => {
  it('keeps a form until the log tells that it changed', async () => {
    const { log, replica, tell } = laggingLog();
    const catalog = new FormCatalog(log, pino({ level: 'silent' }));
    await catalog.start();
    for (let i = 0; i < 3; i++) expect((await catalog.get('w', 'f')).outline.state).toBe('published');
    expect(replica.reads).toBe(1);
    replica.upTo = 3;
    await tell();
    expect((await catalog.get('w', 'f')).outline.state).toBe('retired');
  });

  it('does not keep what a replica gives that is behind what the log has told', async () => {
    const { log, replica, tell } = laggingLog();
    const catalog = new FormCatalog(log, pino({ level: 'silent' }));
    await catalog.start();
    await tell();
    expect((await catalog.get('w', 'f')).outline.state).toBe('published');
    replica.upTo = 3;
    await eventually(async () => expect((await catalog.get('w', 'f')).outline.state).toBe('retired'));
    const { reads } = replica;
    await catalog.get('w', 'f');
    expect(replica.reads).toBe(reads);
  });
});
