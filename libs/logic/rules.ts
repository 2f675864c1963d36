import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import type { Choice } from '#contracts/form/definition-fields';
import type { ErrorItem } from '#contracts/errors';
import { checkRule, environmentOf, parseRule, type CelType } from './cel/environment.ts';
import { compileExpression, type Variable } from './cel/expression.ts';
import { place, RuleFault } from './cel/fault.ts';
import type { CompiledRule } from './form.ts';
import { choiceTypes } from './types/choice.ts';

/** A field as rules may name it. */
export interface RuleVariable extends Variable {
  readonly celType: CelType;
}

/** Compiles the rules of one form and gathers what is wrong with them. */
export class RuleCompiler {
  readonly errors: ErrorItem[] = [];
  private readonly variables: ReadonlyMap<string, RuleVariable>;
  private readonly environment: Environment;

  constructor(variables: ReadonlyMap<string, RuleVariable>) {
    this.variables = variables;
    this.environment = environmentOf([...variables].map(([name, { celType }]) => [name, celType]));
  }

  compile(rule: string, path: string): CompiledRule | undefined {
    return this.attempt(rule, path, () => checkRule(this.environment, rule));
  }

  /** A rule over one choice. Its environment holds only what it names, for each filter needs its own. */
  compileFilter(rule: string, choices: readonly Choice[], path: string): CompiledRule | undefined {
    return this.attempt(rule, path, () => {
      const used = [...identifiers(parseRule(rule))].flatMap((name): [string, CelType][] => {
        const variable = this.variables.get(name);
        return variable ? [[name, variable.celType]] : [];
      });
      return checkRule(environmentOf(used, choiceTypes(choices)), rule);
    });
  }

  private attempt(rule: string, path: string, check: () => ASTNode): CompiledRule | undefined {
    try {
      return { text: rule, ...compileExpression(check(), (name) => this.variables.get(name)) };
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error;
      const message = `${place(rule, error.start)}: ${error.message}`;
      this.errors.push({ path, code: error.code, message, rule: excerpt(rule) });
      return undefined;
    }
  }
}

const excerpt = (rule: string): string =>
  rule.length > 1000 ? `${rule.slice(0, 1000).toWellFormed()}…` : rule;

function identifiers(ast: ASTNode): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(visit);
    else if (isNode(part) && part.op === 'id') found.add(part.args);
    else if (isNode(part)) visit(part.args);
  };
  visit(ast);
  return found;
}

const isNode = (part: unknown): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part;
