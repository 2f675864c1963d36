import { describe, expect, it } from '@jest/globals';
import {
  context,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type ContextManager,
} from '@opentelemetry/api';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createLogger } from './logger.ts';

function capture(level = 'info') {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  return { lines, logger: createLogger({ service: 'forms', level, destination }) };
}

describe('the log', () => {
  it('writes one JSON object a line with time, level, service and message', () => {
    const { lines, logger } = capture();
    logger.info({ subject: 'evt.a' }, 'appended');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        service: 'forms',
        pid: process.pid,
        subject: 'evt.a',
        msg: 'appended',
      },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { lines, logger } = capture('warn');
    logger.info('quiet');
    expect(lines).toEqual([]);
  });

  it('hides credentials and answers wherever they usually lie', () => {
    const { lines, logger } = capture();
    logger.info(
      {
        authorization: 'Bearer fb_a',
        req: { headers: { authorization: 'Bearer fb_b', accept: '*/*' }, body: { answers: { name: 'Ada' } } },
        command: { answers: { name: 'Ada' }, secret: 's3', key: 'k1' },
        config: { MASTER_KEY: 'm4ster' },
      },
      'request',
    );
    const text = JSON.stringify(lines[0]);
    expect(text).not.toMatch(/fb_a|fb_b|Ada|s3|k1|m4ster/);
    expect(lines[0]).toMatchObject({ req: { headers: { accept: '*/*' } }, command: { key: '[redacted]' } });
  });

  it('tells of an error what it is, and nothing that a library hung on it', () => {
    const { lines, logger } = capture();
    const error = Object.assign(new Error('write failed'), {
      code: 'E121',
      writeErrors: [{ err: { op: { _id: 'x', answers: { ssn: '123-45' } } } }],
    });
    logger.error({ err: error }, 'projection stands still');
    expect(lines[0]).toMatchObject({ err: { type: 'Error', message: 'write failed', code: 'E121' } });
    expect(JSON.stringify(lines[0])).not.toContain('123-45');
  });

  it('names the span that it was written in', () => {
    const storage = new AsyncLocalStorage<Context>();
    const manager: ContextManager = {
      active: () => storage.getStore() ?? ROOT_CONTEXT,
      with: (active, fn, self, ...args) => storage.run(active, () => fn.apply(self, args)),
      bind: (_, target) => target,
      enable: () => manager,
      disable: () => manager,
    };
    context.setGlobalContextManager(manager);
    const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
    const { lines, logger } = capture();
    context.with(trace.setSpanContext(context.active(), span), () => {
      logger.info('inside');
    });
    context.disable();
    expect(lines[0]).toMatchObject({ trace_id: span.traceId, span_id: span.spanId });
  });
});
