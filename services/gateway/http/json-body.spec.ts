import { describe, expect, it } from '@jest/globals';
import { parseJson } from './json-body.ts';

const refused = (bytes: Buffer | string, detail: RegExp): void => {
  expect(() => parseJson(Buffer.from(bytes))).toThrow(
    expect.objectContaining({ code: 'malformed_json', message: expect.stringMatching(detail) }),
  );
};

describe('the bytes of a body', () => {
  it('are JSON in UTF-8, with or without a byte order mark', () => {
    expect(parseJson(Buffer.from('{"a":"Zoë 🦉"}'))).toEqual({ a: 'Zoë 🦉' });
    expect(parseJson(Buffer.from('\uFEFF{"a":1}'))).toEqual({ a: 1 });
  });

  it('may be none', () => {
    expect(parseJson(Buffer.alloc(0))).toBeUndefined();
  });

  it('are refused when they are not UTF-8', () => {
    refused(Buffer.concat([Buffer.from('{"a":"B'), Buffer.from([0xff, 0xfe]), Buffer.from('C"}')]), /UTF-8/);
    refused(Buffer.from('{"a":"é"}', 'latin1'), /UTF-8/);
  });

  it('are refused with the place where the JSON is broken, as far as the parser tells', () => {
    refused('{"a": 1,\n "b" 2}', /line 2, column 6|character 14/);
    refused('{"a": x}', /unexpected x/);
    refused('{"answers":', /too early/);
  });
});
