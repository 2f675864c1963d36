import { Environment, ParseError, TypeError as CheckError, type ASTNode } from '@marcbachmann/cel-js';
import { LIMITS } from '#contracts/form/definition-limits';
import { RuleFault } from './fault.ts';
import { SIGNATURES } from './functions.ts';

/** Types of answers, as rules see them. */
export type CelType = 'string' | 'int' | 'double' | 'bool' | 'google.protobuf.Timestamp' | 'list<string>';
const NULLABLE: readonly CelType[] = [
  'string',
  'int',
  'double',
  'bool',
  'google.protobuf.Timestamp',
  'list<string>',
];

/** cel-js reads and type-checks rules; they are evaluated by `expression.ts`, which knows unanswered fields. */
const unused = (): never => {
  throw new Error('cel-js does not evaluate rules here');
};

const base = new Environment({
  limits: { maxAstNodes: LIMITS.ruleNodes, maxDepth: LIMITS.ruleDepth, maxListElements: LIMITS.ruleNodes },
}).registerVariable('form', { schema: { now: 'google.protobuf.Timestamp', locale: 'string' } });
for (const signature of SIGNATURES) base.registerFunction(signature, unused);
for (const type of NULLABLE) base.registerOperator(`${type} == null`, unused);
base.registerOperator('int == double', unused);

/** What rules of one form may name. Building one takes time: one for the rules of a form, one for each filter. */
export function environmentOf(
  variables: Iterable<readonly [string, CelType]>,
  choice?: Readonly<Record<string, CelType>>,
): Environment {
  const environment = base.clone();
  for (const [name, type] of variables) environment.registerVariable(name, type);
  if (choice) environment.registerVariable('choice', { schema: choice });
  return environment;
}

/** Parses a rule without checking names and types. @throws RuleFault */
export function parseRule(rule: string): ASTNode {
  return guarded(() => base.parse(rule).ast);
}

/** Parses a rule and checks that its names are known, its types fit, and that it is true or false. @throws RuleFault */
export function checkRule(environment: Environment, rule: string): ASTNode {
  const bytes = new TextEncoder().encode(rule).length;
  if (bytes > LIMITS.ruleBytes) {
    throw new RuleFault('rule_too_long', `a rule may have ${LIMITS.ruleBytes} bytes; this one has ${bytes}`);
  }
  const parsed = guarded(() => environment.parse(rule));
  const checked = parsed.check();
  if (checked.error) throw faultOf(checked.error);
  if (checked.type !== 'bool') {
    throw new RuleFault(
      'rule_type',
      `the rule must be true or false, but it is of type ${legible(checked.type ?? '?')}`,
    );
  }
  return parsed.ast;
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw faultOf(error);
  }
}

function faultOf(error: unknown): unknown {
  if (error instanceof ParseError) {
    return new RuleFault('rule_syntax', legible(error.summary), error.range?.start);
  }
  if (error instanceof CheckError) {
    const code = error.code === 'unknown_variable' ? 'unknown_variable' : 'rule_type';
    return new RuleFault(code, legible(error.summary), error.range?.start);
  }
  // the parser recurses over `!` and `-` without a limit of its own
  if (error instanceof RangeError) return new RuleFault('rule_syntax', 'the rule is nested too deeply');
  return error;
}

/** The checker's words in those of the form language. */
function legible(summary: string): string {
  const text = summary
    .replaceAll('google.protobuf.Timestamp', 'timestamp')
    .replaceAll('google.protobuf.Duration', 'duration')
    .replace(/^Unknown variable: (\w+)$/, 'there is no field $1')
    .replace(/\$(form|choice)\b/g, '$1')
    .replace(/maxAstNodes \((\d+)\)/, 'the size of a rule ($1 nodes)')
    .replace(/maxDepth \((\d+)\)/, 'the depth of a rule ($1)');
  const mixed = /\bint\b/.test(text) && /\bdouble\b/.test(text) && text.startsWith('no such overload');
  return mixed ? `${text}; write 2.0 rather than 2, or convert with double(x)` : text;
}
