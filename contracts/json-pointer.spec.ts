import { expect, it } from '@jest/globals';
import { jsonPointer } from './json-pointer.ts';

it('writes JSON Pointers as RFC 6901 does', () => {
  expect([jsonPointer([]), jsonPointer(['a/b', 0, 'm~n'])]).toEqual(['', '/a~1b/0/m~0n']);
});
