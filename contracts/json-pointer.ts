/** A JSON Pointer from the parts of a path (RFC 6901): '' is the whole, `/a~1b/0` the first item of its property `a/b`. */
export const jsonPointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
