import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Problem } from '#contracts/errors';
import { insist } from './insist.ts';

const told: string[] = [];
const logger = pino({ base: null }, { write: (line) => void told.push(line) });
const open = new AbortController().signal;

function failing(times: number, error: Error): () => Promise<number> {
  let tries = 0;
  return () => (tries++ < times ? Promise.reject(error) : Promise.resolve(tries));
}

describe('insisting', () => {
  it('goes on through an outage, and tells of it once', async () => {
    told.length = 0;
    const away = failing(10, new Problem('service_unavailable'));
    expect(await insist('away', away, { logger, signal: open, pauseMs: 1 })).toBe(11);
    expect(told).toHaveLength(1);
  });

  it.each([
    new Problem('submission_not_found'),
    new Problem('version_not_found'),
    new Problem('seal_broken'),
    new SyntaxError('not JSON'),
  ])('ends with what no repeat would mend: %s', async (error) => {
    const work = failing(1, error);
    await expect(insist('broken', work, { logger, signal: open, pauseMs: 1 })).rejects.toBe(error);
  });

  it('ends when it is aborted', async () => {
    const over = new AbortController();
    const work = () => {
      over.abort();
      return Promise.reject(new Problem('bus_unavailable'));
    };
    await expect(insist('away', work, { logger, signal: over.signal })).rejects.toThrow('abort');
  });
});
