import { describe, expect, it } from '@jest/globals';
import { Budget } from './budget.ts';
import { checkRule, environmentOf, type CelType } from './environment.ts';
import { compileExpression } from './expression.ts';
import { RuleFault } from './fault.ts';
import { INVALID, UNANSWERED, Unknown, type Value } from './value.ts';

/** Fields of every type, answered; the same names with `no_` before them are unanswered, with `bad_` invalid. */
const ANSWERED: Readonly<Record<string, readonly [CelType, Value]>> = {
  s: ['string', 'héllo 😀'],
  i: ['int', 7n],
  d: ['double', 2.5],
  b: ['bool', true],
  t: ['google.protobuf.Timestamp', new Date('2024-02-29T13:14:15.016Z')],
  l: ['list<string>', ['a', 'b', 'c']],
};
const VARIABLES = Object.entries(ANSWERED).flatMap(([name, [type, value]]): [string, CelType, Value][] => [
  [name, type, value],
  [`no_${name}`, type, UNANSWERED],
  [`bad_${name}`, type, INVALID],
]);
const environment = environmentOf(
  VARIABLES.map(([name, type]) => [name, type]),
  { value: 'string', many: 'list<string>', missing: 'string' },
);
const field = (name: string) => {
  const index = VARIABLES.findIndex(([known]) => known === name);
  return index < 0 ? undefined : { index, choices: name === 'l' ? new Set(['a', 'b', 'c']) : undefined };
};

function evaluate(rule: string): Value {
  const { evaluate: run } = compileExpression(checkRule(environment, rule), field);
  const budget = new Budget();
  budget.startRule();
  return run({
    answers: VARIABLES.map(([, , value]) => value),
    locals: [],
    choice: new Map<string, string | string[]>([
      ['value', 'x'],
      ['many', ['x', 'y']],
    ]),
    now: new Date('2024-03-01T12:00:00Z'),
    locale: 'en-GB',
    budget,
  });
}

const faultOf = (rule: string): string => {
  try {
    evaluate(rule);
  } catch (error) {
    if (error instanceof RuleFault) return `${error.code} ${error.start}: ${error.message}`;
    throw error;
  }
  return 'no fault';
};

describe('rules', () => {
  it.each([
    // numbers
    'i == 7',
    'i + 1 == 8',
    'i - 8 == -1',
    'i * 2 == 14',
    'i / 2 == 3',
    'i % 4 == 3',
    '-i == -7',
    '-i / 2 == -3',
    'd == 2.5',
    'd + 0.5 == 3.0',
    'd - 0.5 == 2.0',
    'd * 2.0 == 5.0',
    'd / 2.0 == 1.25',
    '-d == -2.5',
    'd > 2',
    'i < 7.5',
    'd != 2',
    '2 != d',
    'double(i) == 7.0',
    'double(i) == i',
    'int(d) == 2',
    "int('-12') == -12",
    "double('1e3') == 1000.0",
    'i >= 7 && i <= 7',
    '9223372036854775807 > i',
    '0x10 == 16',
    // text
    's.size() == 7',
    'size(s) == 7',
    "s.contains('ll')",
    "s.startsWith('hé')",
    "s.endsWith('😀')",
    "s + '!' == 'héllo 😀!'",
    "s.indexOf('😀') == 6",
    "s.lastIndexOf('l') == 3",
    "s.indexOf('z') == -1",
    "s.substring(6) == '😀'",
    "s.substring(0, 2) == 'hé'",
    "'AbÄ'.lowerAscii() == 'abÄ'",
    "'Abä'.upperAscii() == 'ABä'",
    "' x '.trim() == 'x'",
    "'a,b'.split(',') == ['a', 'b']",
    "['a', 'b'].join('-') == 'a-b'",
    "['a', 'b'].join() == 'ab'",
    "s.matches('^h.+o')",
    "!s.matches('^l')",
    "s > 'h' && s < 'i'",
    "string(i) == '7'",
    "string(b) == 'true'",
    "string(d) == '2.5'",
    "bool('true')",
    "!bool('false')",
    "r'\\d' == '\\\\d'",
    // lists and maps
    "'a' in l",
    '!(s in l)',
    "l[0] == 'a'",
    'l.size() == 3',
    "l == ['a', 'b', 'c']",
    "l != ['a', 'b']",
    "l + ['d'] == ['a', 'b', 'c', 'd']",
    "l.all(x, x < 'd')",
    "l.exists(x, x == 'b')",
    "l.exists_one(x, x == 'b')",
    "!l.exists_one(x, x < 'c')",
    "l.map(x, x + x) == ['aa', 'bb', 'cc']",
    "l.map(x, x != 'b', x + x) == ['aa', 'cc']",
    "l.filter(x, x != 'b') == ['a', 'c']",
    'i in [1, 7]',
    "{'k': 1}['k'] == 1",
    "'k' in {'k': 1}",
    "{'k': 1}.k == 1",
    "{'k': 1} == {'k': 1}",
    "{'k': 1} != {'j': 1}",
    "size({'k': 1}) == 1",
    "{'a': 1, 'b': 2}.all(k, k < 'c')",
    "l.exists(x, l.exists(y, x + y == 'ab'))",
    '[] == []',
    'size([]) == 0',
    // times
    "t == timestamp('2024-02-29T13:14:15.016Z')",
    "t > date('2024-02-29')",
    "t - date('2024-02-29') < duration('14h')",
    "t + duration('1h') > t",
    "t - duration('1h') < t",
    "duration('1h30m') == duration('90m')",
    "duration('1h') + duration('1m') == duration('61m')",
    "duration('1h') - duration('1m') == duration('59m')",
    "duration('-1.5s').getMilliseconds() == -1500",
    "duration('90m').getHours() == 1",
    "duration('90m').getMinutes() == 90",
    "duration('90s').getSeconds() == 90",
    't.getFullYear() == 2024',
    't.getMonth() == 1',
    't.getDate() == 29',
    't.getDayOfMonth() == 28',
    't.getDayOfWeek() == 4',
    't.getDayOfYear() == 59',
    't.getHours() == 13',
    't.getMinutes() == 14',
    't.getSeconds() == 15',
    't.getMilliseconds() == 16',
    "today() == date('2024-03-01')",
    "form.now == timestamp('2024-03-01T12:00:00Z')",
    "form.locale == 'en-GB'",
    'timestamp(0) == date("1970-01-01")',
    "age(date('2000-03-01')) == 24",
    "age(date('2000-03-02')) == 23",
    "age(date('2004-02-29'), date('2022-02-28')) == 17",
    "age(date('2004-02-29'), date('2022-03-01')) == 18",
    // control
    'b ? i > 1 : i > 9',
    '(!b ? 1 : 2) == 2',
    'b || no_b',
    'no_b || b',
    '!(no_b && !b)',
    '!(false && no_b)',
    'no_b == null',
    'null == no_s',
    'b != null',
    'answered(i)',
    '!answered(no_i)',
    '!answered(no_i + 1)',
    'l.exists(x, x == "a" || x == no_s)',
    '!l.all(x, x == no_s && x == "z")',
    'cel.bind(x, i + 1, x * x == 64)',
    "choice.value == 'x'",
    "'y' in choice.many",
    'has(choice.many)',
    '!has(choice.missing)',
    'l.exists(i, i == "a")',
    'true || 1 / (i - 7) == 1',
    'true // always',
  ])('%s', (rule) => {
    expect(evaluate(rule)).toBe(true);
  });

  it.each([
    'no_i > 1',
    'no_i == 7',
    '!no_b',
    '-no_i == 1',
    'no_b',
    'no_b && b',
    'no_b || !b',
    'no_b ? true : true',
    'no_s in l',
    "'a' in no_l",
    'no_l.exists(x, true)',
    'l.exists(x, x == no_s)',
    'l.all(x, x != no_s)',
    'l.exists_one(x, x == no_s)',
    'l.map(x, x + no_s) == l',
    'l.filter(x, x == no_s) == l',
    'no_s.size() > 1',
    "no_s.matches('x')",
    'age(no_t) > 1',
    '[no_s] == l',
    '{"k": no_i} == {"k": 1}',
    'choice.missing == "x"',
    'no_i / 0 == 1',
    'cel.bind(x, no_i, x == 1)',
    'no_b || 1 / (i - 7) == 1',
    'no_l[0] == "a"',
    'no_l.map(x, x) == l',
  ])('%s is unknown without the answer', (rule) => {
    expect(evaluate(rule)).toBe(UNANSWERED);
  });

  it.each([
    'bad_i > 1',
    'bad_i == null',
    'answered(bad_i)',
    'bad_i > no_i',
    'no_i > bad_i',
    'no_b && bad_b',
    'bad_b || no_b',
    'l.exists(x, x == bad_s)',
  ])('%s is open with an answer that is not of its type', (rule) => {
    expect(evaluate(rule)).toBe(INVALID);
  });

  it.each([
    ['i / (i - 7) == 1', 'division by zero'],
    ['i % (i - 7) == 1', 'division by zero'],
    ['l[i] == "a"', 'no item 7 in a list of 3'],
    ['l[-i] == "a"', 'no item -7 in a list of 3'],
    ['{"k": i}[s] == 1', 'no such key: héllo 😀'],
    ['i + 9223372036854775807 > 0', 'the number leaves the range of int'],
    ['int(s) > 1', 'not a whole number'],
    ['double(s) > 1.0', 'not a number'],
    ['int(d / 0.0) > 1', 'not a number that int can hold'],
    ['bool(s)', 'neither "true" nor "false"'],
    ['timestamp(s) > t', 'not an RFC 3339 instant: "héllo 😀"'],
    ['date(s) > t', 'not a date such as 2024-02-29: "héllo 😀"'],
    ["duration(s) > duration('1s')", 'not a duration such as 72h or 1h30m: "héllo 😀"'],
    ["t + duration('87600000h') > t", 'the time leaves the years 1 to 9999'],
    ["s.substring(5, i + 1) == ''", 'no characters 5 to 8'],
    ["s.substring(-i) == ''", 'no characters -7 to 7'],
    ['false || i / (i - 7) == 1', 'division by zero'],
    ['l.exists(x, i / (i - 7) == 1)', 'division by zero'],
  ])('%s fails: %s', (rule, reason) => {
    const value = evaluate(rule);
    expect(value).toBeInstanceOf(Unknown);
    expect(value).toMatchObject({ kind: 'failed', reason });
  });

  it.each([
    ['zz == 1', 'unknown_variable 0: there is no field zz'],
    ['s ==', 'rule_syntax 4: Unexpected token: EOF'],
    ['i', 'rule_type 0: the rule must be true or false, but it is of type int'],
    ['t', 'rule_type 0: the rule must be true or false, but it is of type timestamp'],
    ['s + 1 == s', 'rule_type 0: no such overload: string + int'],
    [
      'i * 2.0 == d',
      'rule_type 0: no such overload: int * double; write 2.0 rather than 2, or convert with double(x)',
    ],
    ['choice.vaule == s', 'rule_type 7: No such key: vaule'],
    ['form.today == t', 'rule_type 5: No such key: today'],
    ["s.matches('(')", 'bad_pattern 10: error parsing regexp: missing closing ): `(`'],
    ["s.matches('(?=x)')", 'bad_pattern 10: error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['s.matches(s)', 'bad_pattern 10: a pattern must be written out in the rule'],
    [
      "s.matches('((a{9}){9}){9}{9}')",
      'bad_pattern 10: error parsing regexp: invalid nested repetition operator: `{9}{9}`',
    ],
    [
      "s.matches('([a-z]{900}|x){1}y{900}z{900}')",
      'bad_pattern 10: the pattern is too large once its repetitions are written out',
    ],
    [
      `s.matches('${'a'.repeat(1001)}')`,
      'bad_pattern 10: a pattern may have 1000 characters; this one has 1001',
    ],
    ["'z' in l", 'unknown_choice 0: "z" is not a choice of l'],
    ["bytes('x') == b'x'", 'not_offered 0: bytes is not offered with these arguments'],
    ["b'x' == b'x'", 'not_offered 0: bytes and unsigned numbers are not offered'],
    ['1u == 1u', 'not_offered 0: bytes and unsigned numbers are not offered'],
    ['type(i) == int', 'not_offered 0: type is not offered with these arguments'],
    ["t.getHours('Europe/Berlin') == 1", 'not_offered 0: getHours is not offered with these arguments'],
    ["cel.bind(x, form, x.locale == 'en')", 'not_offered 12: form cannot be used as a value'],
    ["date('2024-02-30') < t", 'rule_type 0: not a date such as 2024-02-29: "2024-02-30"'],
    ['1 / 0 == i', 'rule_type 0: division by zero'],
    ['99999999999999999999 > i', 'rule_type 0: the number leaves the range of int'],
    ['l.all(x, l.all(y, l.all(z, true)))', 'rule_too_deep 18: comprehensions may be nested 2 deep'],
  ])('%s is refused', (rule, fault) => {
    expect(faultOf(rule)).toBe(fault);
  });

  it.each([
    [
      'brackets',
      `${'('.repeat(100)}b${')'.repeat(100)}`,
      'rule_syntax 60: Exceeded the depth of a rule (60)',
    ],
    ['operands', `b${' && b'.repeat(1100)}`, 'rule_syntax 0: Exceeded the size of a rule (2000 nodes)'],
    ['blanks', `b${' '.repeat(10_000)}`, 'rule_too_long 0: a rule may have 10000 bytes; this one has 10001'],
    [
      'accents',
      `s == '${'é'.repeat(5000)}'`,
      'rule_too_long 0: a rule may have 10000 bytes; this one has 10007',
    ],
    [
      'pattern',
      `s.matches('${'a'.repeat(1001)}')`,
      'bad_pattern 10: a pattern may have 1000 characters; this one has 1001',
    ],
  ])('a rule of too many %s is refused', (_what, rule, fault) => {
    expect(faultOf(rule)).toBe(fault);
  });

  it('refuses more signs than the stack has room for', () => {
    expect(faultOf(`${'!'.repeat(9900)}b`)).toMatch(/^rule_syntax /);
  });

  it('knows which fields it reads, through macros too', () => {
    const reads = (rule: string) =>
      [...compileExpression(checkRule(environment, rule), field).reads].map((index) => VARIABLES[index]?.[0]);
    expect(reads('no_b || l.exists(x, x == s) || (b ? i > 1 : answered(d))')).toEqual([
      'no_b',
      'l',
      's',
      'b',
      'i',
      'd',
    ]);
    expect(reads('l.exists(s, s == "a") && form.locale == "en"')).toEqual(['l']);
  });
});
