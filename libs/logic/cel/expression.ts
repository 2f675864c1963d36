import type { ASTNode } from '@marcbachmann/cel-js';
import { LIMITS } from '#contracts/form/definition-limits';
import {
  existsOne,
  filtered,
  firstDecisive,
  mapped,
  quantifier,
  type Comprehension,
} from './comprehension.ts';
import { RuleFault } from './fault.ts';
import { FUNCTIONS, IMPURE, type RuleFunction } from './functions.ts';
import { BINARY, int, item, negate } from './operators.ts';
import { constant, folded, strictly, type Part } from './part.ts';
import { compilePattern } from './pattern.ts';
import type { Evaluate } from './scope.ts';
import { UNANSWERED, Unknown, type Known } from './value.ts';

/** A field as rules name it. */
export interface Variable {
  readonly index: number;
  /** The values that it can have, where they are listed: a rule that compares it with another is a typo. */
  readonly choices: ReadonlySet<string> | undefined;
}

export interface Expression {
  readonly evaluate: Evaluate;
  /** Indexes of the fields that it reads. */
  readonly reads: ReadonlySet<number>;
}

/**
 * Turns a checked rule into a function. Evaluation is Formbus' own for four reasons: an unanswered field is a value
 * that spreads without exceptions, work is counted against a budget, time zones and locales of the machine play no
 * part, and regular expressions run on RE2.
 *
 * @throws RuleFault for what the type checker does not see: functions not offered, bad patterns, unknown choices
 */
export function compileExpression(ast: ASTNode, field: (name: string) => Variable | undefined): Expression {
  const builder = new Builder(field);
  return { evaluate: builder.build(ast).run, reads: builder.reads };
}

const COMPREHENSIONS: Readonly<Record<string, Comprehension>> = {
  'all/2': quantifier(false),
  'exists/2': quantifier(true),
  'exists_one/2': existsOne,
  'map/2': mapped,
  'map/3': mapped,
  'filter/2': filtered,
};

const isNull = (node: ASTNode): boolean => node.op === 'value' && node.args === null;

class Builder {
  readonly reads = new Set<number>();
  private readonly locals: string[] = [];
  private comprehensions = 0;
  private nodes = 0;
  private readonly field: (name: string) => Variable | undefined;

  constructor(field: (name: string) => Variable | undefined) {
    this.field = field;
  }

  build(node: ASTNode): Part {
    this.nodes += 1;
    switch (node.op) {
      case 'value':
        return this.literal(node.args, node);
      case 'id':
        return this.identifier(node.args, node);
      case '.':
        return this.member(node.args[0], node.args[1], node);
      case '[]':
        return this.strict(node.args, ([list = null, index = null]) => item(list, index), node);
      case 'list':
        return this.strict(node.args, (items) => items, node);
      case 'map':
        return this.strict(node.args.flat(), mapOf, node);
      case '&&':
        return { run: firstDecisive(this.operands(node), false) };
      case '||':
        return { run: firstDecisive(this.operands(node), true) };
      case '?:':
        return this.conditional(node.args);
      case '!_':
        return this.strict([node.args], ([value]) => value !== true, node);
      case '-_':
        return this.strict([node.args], ([value = null]) => negate(value), node);
      case 'call':
        return this.call(node.args[0], node.args[1], node);
      case 'rcall':
        return this.method(node.args[0], node.args[1], node.args[2], node);
      case '.?':
      case '[?]':
        throw new RuleFault('not_offered', 'optional access is not offered', node.start);
      default:
        return this.binary(node.op, node.args, node);
    }
  }

  private literal(value: unknown, node: ASTNode): Part {
    if (
      value === null ||
      typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean'
    ) {
      return constant(value);
    }
    if (typeof value === 'bigint') return this.sound(constant(int(value)), node);
    throw new RuleFault('not_offered', 'bytes and unsigned numbers are not offered', node.start);
  }

  private identifier(name: string, node: ASTNode): Part {
    const slot = this.locals.lastIndexOf(name);
    if (slot >= 0) return { run: (scope) => scope.locals[slot] ?? UNANSWERED };
    const found = this.field(name);
    if (!found) throw new RuleFault('not_offered', `${name} cannot be used as a value`, node.start);
    const { index } = found;
    this.reads.add(index);
    return { run: (scope) => scope.answers[index] ?? UNANSWERED };
  }

  private member(object: ASTNode, key: string, node: ASTNode): Part {
    if (this.isGlobal(object, 'form'))
      return { run: key === 'now' ? (scope) => scope.now : (scope) => scope.locale };
    if (this.isGlobal(object, 'choice')) return { run: (scope) => scope.choice?.get(key) ?? UNANSWERED };
    return this.strict([object], ([map = null]) => item(map, key), node);
  }

  /** The operands of a chain of the same `&&` or `||`. */
  private operands(node: ASTNode & { op: '&&' | '||' }): Evaluate[] {
    return node.args.flatMap((operand) =>
      operand.op === node.op ? this.operands(operand) : this.build(operand).run,
    );
  }

  private conditional([test, then, otherwise]: readonly [ASTNode, ASTNode, ASTNode]): Part {
    const [condition, yes, no] = [this.build(test).run, this.build(then).run, this.build(otherwise).run];
    return {
      run: (scope) => {
        const met = condition(scope);
        if (met instanceof Unknown) return met;
        return met === true ? yes(scope) : no(scope);
      },
    };
  }

  private binary(op: string, [left, right]: readonly [ASTNode, ASTNode], node: ASTNode): Part {
    if (op === '==' || op === '!=') {
      if (isNull(left)) return this.nullness(right, op === '==');
      if (isNull(right)) return this.nullness(left, op === '==');
      this.expectChoice(left, right);
      this.expectChoice(right, left);
    }
    if (op === 'in') {
      this.expectChoice(right, left);
      if (right.op === 'list') for (const element of right.args) this.expectChoice(left, element);
    }
    const apply = BINARY[op];
    if (!apply) throw new RuleFault('not_offered', `${op} is not offered`, node.start);
    return this.strict([left, right], ([a = null, b = null], scope) => apply(a, b, scope), node);
  }

  /** `x == null` asks whether x is unanswered; only what is invalid or failed leaves that open. */
  private nullness(node: ASTNode, expected: boolean): Part {
    const { run } = this.build(node);
    return {
      run: (scope) => {
        const value = run(scope);
        if (value instanceof Unknown) return value.kind === 'unanswered' ? expected : value;
        return (value === null) === expected;
      },
    };
  }

  private expectChoice(subject: ASTNode, other: ASTNode): void {
    if (subject.op !== 'id' || other.op !== 'value' || typeof other.args !== 'string') return;
    const variable = this.locals.includes(subject.args) ? undefined : this.field(subject.args);
    if (!variable?.choices || variable.choices.has(other.args)) return;
    const message = `${JSON.stringify(other.args)} is not a choice of ${subject.args}`;
    throw new RuleFault('unknown_choice', message, other.start);
  }

  private call(name: string, args: readonly ASTNode[], node: ASTNode): Part {
    const [first] = args;
    if (name === 'answered' && first) return this.nullness(first, false);
    if (name === 'has' && first?.op === '.') {
      const { run } = this.build(first);
      return { run: (scope) => !(run(scope) instanceof Unknown) };
    }
    return this.apply(`${name}/${args.length}`, name, args, node);
  }

  private method(name: string, receiver: ASTNode, args: readonly ASTNode[], node: ASTNode): Part {
    const [first, second, third] = args;
    if (name === 'bind' && this.isGlobal(receiver, 'cel') && first?.op === 'id' && second && third) {
      const { run: bound } = this.build(second);
      return this.within(first.args, [third], ([body = bound], slot) => (scope) => {
        scope.locals[slot] = bound(scope);
        return body(scope);
      });
    }
    const comprehension = COMPREHENSIONS[`${name}/${args.length}`];
    if (comprehension && first?.op === 'id') {
      return this.loop(comprehension, receiver, first.args, args.slice(1), node);
    }
    if (name === 'matches' && first) return this.matches(receiver, first, node);
    return this.apply(`.${name}/${args.length}`, name, [receiver, ...args], node);
  }

  private loop(
    make: Comprehension,
    list: ASTNode,
    name: string,
    bodies: readonly ASTNode[],
    node: ASTNode,
  ): Part {
    const { run: range } = this.build(list);
    const before = this.nodes;
    if (++this.comprehensions > LIMITS.comprehensionDepth) {
      const message = `comprehensions may be nested ${LIMITS.comprehensionDepth} deep`;
      throw new RuleFault('rule_too_deep', message, node.start);
    }
    const part = this.within(name, bodies, (runs, slot) => {
      const body = runs.at(-1) ?? range;
      const test = runs.length > 1 ? runs[0] : undefined;
      return make({ range, slot, test, body, steps: 4 + this.nodes - before });
    });
    this.comprehensions -= 1;
    return part;
  }

  /** Builds parts in which a name stands for a local value. */
  private within(
    name: string,
    nodes: readonly ASTNode[],
    make: (runs: Evaluate[], slot: number) => Evaluate,
  ): Part {
    const slot = this.locals.push(name) - 1;
    const runs = nodes.map((node) => this.build(node).run);
    this.locals.pop();
    return { run: make(runs, slot) };
  }

  private matches(receiver: ASTNode, pattern: ASTNode, node: ASTNode): Part {
    if (pattern.op !== 'value' || typeof pattern.args !== 'string') {
      throw new RuleFault('bad_pattern', 'a pattern must be written out in the rule', pattern.start);
    }
    const compiled = compilePattern(pattern.args);
    if (typeof compiled === 'string') throw new RuleFault('bad_pattern', compiled, pattern.start);
    const test: RuleFunction = ([value], scope) => {
      if (typeof value !== 'string') return UNANSWERED;
      scope.budget.spend(compiled.steps(value.length));
      return compiled.test(value);
    };
    return this.strict([receiver], test, node);
  }

  private apply(key: string, name: string, args: readonly ASTNode[], node: ASTNode): Part {
    const implementation = FUNCTIONS[key];
    if (!implementation)
      throw new RuleFault('not_offered', `${name} is not offered with these arguments`, node.start);
    if (!IMPURE.has(key)) return this.strict(args, implementation, node);
    return {
      run: strictly(
        args.map((arg) => this.build(arg)),
        implementation,
      ),
    };
  }

  private strict(operands: readonly ASTNode[], implementation: RuleFunction, node: ASTNode): Part {
    const parts = operands.map((operand) => this.build(operand));
    return this.sound(folded(parts, strictly(parts, implementation)), node);
  }

  /** Refuses what fails whatever the answers are. */
  private sound(part: Part, node: ASTNode): Part {
    if (part.constant instanceof Unknown) throw new RuleFault('rule_type', part.constant.reason, node.start);
    return part;
  }

  private isGlobal(node: ASTNode, name: string): boolean {
    return node.op === 'id' && node.args === name && !this.locals.includes(name);
  }
}

const mapOf: RuleFunction = (items) => {
  const entries = new Map<unknown, Known>();
  for (let i = 0; i + 1 < items.length; i += 2) entries.set(items[i], items[i + 1] ?? null);
  return entries;
};
