import { describe, expect, it } from '@jest/globals';
import colors from 'picocolors';
import { renderLogLine } from './log-line.ts';

const plain = colors.createColors(false);
const render = (record: object): string | undefined => renderLogLine(JSON.stringify(record), plain);

describe('a log line on the terminal', () => {
  it('is level, message and what is particular to it', () => {
    const line = {
      level: 'info',
      time: 1,
      pid: 2,
      service: 'forms',
      msg: 'projection is live',
      projection: 'forms',
      position: 'a.17',
    };
    expect(render(line)).toBe('INFO projection is live projection=forms position=a.17');
  });

  it('tells errors by their message', () => {
    expect(render({ level: 'error', msg: 'it broke', err: { message: 'no disk', stack: 'long' } })).toBe(
      'ERROR it broke err="no disk"',
    );
    expect(render({ level: 'fatal', msg: 'no disk', err: { message: 'no disk' } })).toBe('ERROR no disk');
  });

  it('is left out for what is below info, and for requests that were answered well', () => {
    expect(render({ level: 'debug', msg: 'detail' })).toBeUndefined();
    expect(
      render({ level: 'info', msg: 'request completed', req: {}, res: { statusCode: 200 } }),
    ).toBeUndefined();
  });

  it('shows requests that failed in short', () => {
    const request = {
      level: 'error',
      msg: 'request errored',
      req: { method: 'GET', url: '/v1/forms' },
      res: { statusCode: 500 },
      responseTime: 12,
    };
    expect(render(request)).toBe('ERROR request errored GET /v1/forms 500 12 ms');
  });

  it('quotes and cuts long values', () => {
    expect(render({ level: 'warn', msg: 'm', a: 'two words', b: { c: 1 } })).toBe(
      'WARN m a="two words" b={"c":1}',
    );
    expect(render({ level: 'warn', msg: 'm', a: 'x'.repeat(1000) })?.length).toBeLessThan(220);
  });

  it('that is no log record is shown as it is', () => {
    expect(renderLogLine('Error: something', plain)).toBe('Error: something');
    expect(renderLogLine('{ not json', plain)).toBe('{ not json');
    expect(renderLogLine('{"level":7}', plain)).toBe('{"level":7}');
    expect(renderLogLine('  ', plain)).toBeUndefined();
  });
});
