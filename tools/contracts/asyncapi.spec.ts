import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { EVENTS } from '#contracts/catalog';
import { eventType } from '#contracts/event';
import { RECORDS } from '#contracts/records';
import { STREAMS } from '#eventing/streams';
import { asyncApi } from './asyncapi.ts';

const specification = createRequire(import.meta.url)(
  '@asyncapi/specs/schemas/3.1.0-without-$id.json',
) as object;

describe('the AsyncAPI document', () => {
  it('is one, by the schema of AsyncAPI 3.1', () => {
    const ajv = new Ajv({ strict: false, allErrors: false });
    addFormats.default(ajv);
    const validate = ajv.compile(specification);
    expect(validate(asyncApi()) ? [] : validate.errors).toEqual([]);
  });

  it('has a place for every event and record, and one only', () => {
    const { channels } = asyncApi() as { channels: Record<string, { messages: object }> };
    const placed = Object.values(channels).flatMap(({ messages }) => Object.keys(messages));
    expect(placed.sort()).toEqual([...EVENTS, ...RECORDS].map((one) => eventType(one)).sort());
  });

  it('says which stream holds what', () => {
    const { channels } = asyncApi() as { channels: Record<string, { 'x-jetstream-stream': string }> };
    const streams = new Map(STREAMS.map(({ name, subjects }) => [name, subjects]));
    for (const [name, channel] of Object.entries(channels)) {
      const { address } = channel as unknown as { address: string };
      const subjects = streams.get(channel['x-jetstream-stream']) ?? [];
      expect([name, subjects.some((subject) => address.startsWith(subject.slice(0, -1)))]).toEqual([
        name,
        true,
      ]);
    }
  });

  it('shows sealed fields as they lie in the log, and never in clear', () => {
    const text = JSON.stringify(
      (asyncApi() as { components: { messages: Record<string, unknown> } }).components.messages[
        'formbus.submission.submitted.v1'
      ],
    );
    expect(text).toContain('$sealed');
    expect(text).not.toContain('"answers":');
  });
});
