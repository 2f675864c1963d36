import { RE2JS, RE2JSException } from 're2js';
import { LIMITS } from '#contracts/form/definition-limits';

/** Instructions that a pattern may compile to. */
const PROGRAM_SIZE = 2_000;

export interface Pattern {
  /** Whether the pattern is found anywhere in the text. */
  test(text: string): boolean;
  /** Steps of the budget for a text of a length: at worst an automaton visits every instruction at every character. */
  steps(length: number): number;
}

/**
 * Compiles a regular expression of RE2 syntax, which answers in time linear in the text: JavaScript's own engine
 * needs seconds for some patterns and thirty hostile characters.
 *
 * @returns the pattern, or a description of what is wrong with it
 */
export function compilePattern(source: string): Pattern | string {
  if (source.length > LIMITS.patternLength) {
    return `a pattern may have ${LIMITS.patternLength} characters; this one has ${source.length}`;
  }
  try {
    const compiled = RE2JS.compile(source);
    const size = compiled.programSize();
    if (size > PROGRAM_SIZE) return 'the pattern is too large once its repetitions are written out';
    return {
      test: (text) => compiled.test(text),
      steps: (length) => 1 + (length * size) / 8,
    };
  } catch (error) {
    if (error instanceof RE2JSException) return error.message;
    throw error;
  }
}
