/** Bounds of a form definition. Each is refused with a message that names the bound. */
export const LIMITS = {
  /** Fields in one form, all pages together. */
  fields: 2_000,
  /** Groups in one form. */
  groups: 1_000,
  /** Containers around a field: its page and the groups inside each other. */
  depth: 8,
  /** Brackets inside each other in the JSON of a definition, attributes of appearance among them. */
  nesting: 64,
  /** One rule, in bytes of UTF-8. */
  ruleBytes: 10_000,
  /** Nodes of a rule's syntax tree, so that recursion over it is bounded. */
  ruleNodes: 2_000,
  /** Brackets, calls and comprehensions inside each other in one rule. */
  ruleDepth: 60,
  /** Comprehensions (`all`, `exists`, `map`, `filter`) inside each other in one rule. */
  comprehensionDepth: 2,
  /** Choices of one field. */
  choices: 5_000,
  /** Characters of one regular expression. */
  patternLength: 1_000,
  /** Answers of one submission as JSON, in bytes; enforced where they arrive. */
  answersBytes: 1_048_576,
} as const;
