import { describe, expect, it } from '@jest/globals';
import { DataKey } from './data-key.ts';
import { keyId, readKeyMessage, unwrapKey, wrapKey, wrappingKey } from './key-message.ts';

describe('a wrapped key', () => {
  const workspace = new DataKey().bytes;
  const by = wrappingKey(workspace);
  const { bytes } = new DataKey();
  const subject = 'key.w.s';

  it('is unwrapped by the key that wrapped it, in its place alone', () => {
    const message = readKeyMessage(wrapKey(by, bytes, subject), subject);
    expect(unwrapKey(by, message, subject)).toEqual(bytes);
    expect(() => unwrapKey(by, message, 'key.w.other')).toThrow('changed, moved');
    expect(() => unwrapKey(wrappingKey(bytes), message, subject)).toThrow(`wrapped by ${by.id}`);
  });

  it('says nothing of the keys', () => {
    const text = wrapKey(by, bytes, subject).toString();
    for (const secret of [bytes, workspace]) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const)
        expect(text).not.toContain(Buffer.from(secret).toString(encoding));
    }
    expect(keyId(bytes)).toHaveLength(11);
  });

  it.each(['{}', '{"v":2,"kek":"x","wrapped":"y"}', '[]', '"x"'])('is not read from %s', (text) => {
    expect(() => readKeyMessage(Buffer.from(text), subject)).toThrow('not a wrapped key');
  });

  it('must have the right length', () => {
    const message = readKeyMessage(wrapKey(by, Buffer.alloc(8), subject), subject);
    expect(() => unwrapKey(by, message, subject)).toThrow('8 bytes');
  });
});
