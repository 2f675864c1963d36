import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { RETRY_PAUSES_MS } from '#services/notifier/delivery/schedule';
import { signWebhook } from '#security/webhook-signature';

const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');

describe('docs/webhooks.md', () => {
  it('has the schedule of retries that the notifier keeps', () => {
    const rows = [...page.matchAll(/^\| (\d+) +\| ([^|]+?) +\| (\d+):(\d\d):(\d\d) +\|$/gm)];
    const after = rows.map(
      ([, , , hours, minutes, seconds]) => Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
    );
    const expected = [0];
    for (const pause of RETRY_PAUSES_MS) expected.push(expected.at(-1)! + pause / 1000);
    expect(after).toEqual(expected);
    expect(rows.map(([, attempt]) => Number(attempt))).toEqual(expected.map((_, index) => index + 1));
    const units: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600 };
    const pauses = rows.slice(1).map(([, , pause]) => {
      const [, count, unit] = /^(\d+) (second|minute|hour)s$/.exec(pause!)!;
      return Number(count) * units[unit!]! * 1000;
    });
    expect(pauses).toEqual(RETRY_PAUSES_MS);
  });

  it('has an example whose signature is right', () => {
    const line = (name: string): string => new RegExp(`^${name} {2,}(.+)$`, 'm').exec(page)![1]!;
    const content = { id: line('id'), timestamp: Number(line('timestamp')), body: line('body') };
    expect(signWebhook({ ...content, secrets: [line('secret')] })).toBe(line('signature'));
  });
});
