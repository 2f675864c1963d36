import { Tokenizer, TokenKind, type TagToken, type TopLevelToken } from 'liquidjs';
import type { TemplateFault } from './template-fault.ts';

/** Enough for a form of some hundred fields, each in a condition of its own. */
const MAX_TOKENS = 2_000;
const MAX_DEPTH = 20;

const OPENING = new Set(['if', 'unless', 'case', 'for', 'tablerow', 'capture', 'comment', 'raw']);

/**
 * Why a template is too large to be parsed: the parser calls itself for every tag inside another, and the analysis of
 * names goes over what is inside once for each tag around it.
 *
 * @throws what the tokenizer does, when a tag is not closed
 */
export function excessOf(source: string): TemplateFault | undefined {
  const tokens = new Tokenizer(source).readTopLevelTokens().filter(({ kind }) => kind !== TokenKind.HTML);
  const beyond = tokens[MAX_TOKENS];
  if (beyond !== undefined)
    return faultAt(beyond, `has ${tokens.length} tags and outputs; ${MAX_TOKENS} are allowed`);
  const tooDeep = firstTooDeep(tokens);
  return tooDeep && faultAt(tooDeep, `is inside ${MAX_DEPTH} other tags; no more are allowed`);
}

function firstTooDeep(tokens: readonly TopLevelToken[]): TopLevelToken | undefined {
  let depth = 0;
  let inComment = false;
  for (const token of tokens) {
    if (token.kind !== TokenKind.Tag) continue;
    const { name } = token as TagToken;
    // What a comment holds is not parsed, so it closes nothing either.
    if (inComment && name !== 'endcomment') continue;
    inComment = name === 'comment';
    if (OPENING.has(name)) depth++;
    else if (name.startsWith('end') && OPENING.has(name.slice('end'.length))) depth--;
    if (depth > MAX_DEPTH) return token;
  }
  return undefined;
}

function faultAt(token: TopLevelToken, message: string): TemplateFault {
  const [line = 1, column = 1] = token.getPosition();
  return { code: 'too_long', message, line, column };
}
