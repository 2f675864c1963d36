/** RE2's blanks; JavaScript's `\s` holds those of Unicode, too. */
const BLANKS = '\\t\\n\\f\\r ';
/** An escape, a class of characters, or a point. */
const TOKEN = /\\[^]|\[(?:\\[^]|[^\]\\])*\]|\./g;
/** Flags, such as `(?i)`, and names written `(?P<name>...)`. */
const RE2_GROUP = /\(\?(?![:<])/;

/**
 * A pattern of RE2 in the syntax of JavaScript, which JSON Schema uses, with the meaning it has in RE2. Undefined for
 * one that cannot be said so: validation applies it, the schema leaves it out.
 */
export function portablePattern(source: string): string | undefined {
  if (RE2_GROUP.test(source)) return undefined;
  let sayable = true;
  const pattern = source.replace(TOKEN, (token) => {
    if (token === '.') return '[^\\n]';
    if (token === '\\s') return `[${BLANKS}]`;
    if (token === '\\S') return `[^${BLANKS}]`;
    if (!token.startsWith('[')) return token;
    return token.replace(/\\[^]/g, (escape) => {
      if (escape === '\\S') sayable = false;
      return escape === '\\s' ? BLANKS : escape;
    });
  });
  return sayable && readable(pattern) ? pattern : undefined;
}

function readable(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').unicode;
  } catch {
    return false;
  }
}
