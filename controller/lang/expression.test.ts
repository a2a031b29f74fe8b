// Conditions mean what the reference's engine makes of them (analysis.md §4.6, recorded lines), and no expression can
// throw anything but ExpressionError or run without end.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { verdictOf } from '../analysis/assess/verdict.ts';
import { ExpressionError, evaluateCondition, evaluateTime, parseExpression, printExpression } from './expression.ts';
import { ExpressionRecord, type ExpressionValue } from './expression-value.ts';

const now = Date.parse('2026-11-21T03:15:04Z');

interface Vector {
  readonly name: string;
  readonly result: string;
  readonly expression: string;
  readonly outcome: string;
}

function fixture(name: string): string {
  return readFileSync(new URL(`../../test/fixtures/functions/${name}`, import.meta.url), 'utf8');
}

function resultOf(text: string): ExpressionValue {
  if (text.startsWith('nil')) return null;
  if (text.startsWith('JSON ')) return JSON.parse(text.slice(5)) as ExpressionValue;
  if (text.startsWith('int ')) return BigInt(text.slice(4));
  const list = /^list of float \[(.*)\]$/.exec(text);
  if (list) return Float64Array.from((list[1] ?? '').split(',').filter(Boolean), Number);
  const float = /^float (.*)$/.exec(text)?.[1] ?? assert.fail(text);
  return Number(float.replace('+Inf', 'Infinity'));
}

function outcomeOf(vector: Vector): string {
  try {
    return String(evaluateCondition(vector.expression, resultOf(vector.result), now));
  } catch (error) {
    assert.ok(error instanceof ExpressionError, `${vector.name}: ${String(error)}`);
    return `ERROR ${error.message}`;
  }
}

test('every vector of the specification has its outcome', () => {
  const vectors = JSON.parse(fixture('expressions.json')) as readonly Vector[];
  assert.ok(vectors.length >= 240, String(vectors.length));
  const wrong = vectors.flatMap((vector) => {
    const outcome = outcomeOf(vector);
    const isRight = vector.outcome.startsWith('ERROR') ? outcome.startsWith('ERROR') : outcome === vector.outcome;
    return isRight ? [] : [`${vector.name} ${vector.result} ${vector.expression}: ${outcome}, not ${vector.outcome}`];
  });
  assert.deepEqual(wrong, []);
});

interface Line {
  readonly result: ExpressionValue;
  readonly successCondition: string;
  readonly failureCondition: string;
  readonly phase: string;
  readonly error: string;
}

test('every recorded line has its phase, and an error where there was one', () => {
  const lines = fixture('expr.jsonl').trim().split('\n');
  assert.equal(lines.length, 1500);
  const wrong = lines.flatMap((text) => {
    const line = JSON.parse(text) as Line;
    const verdict = verdictOf(line, line.result, now);
    const isRight = verdict.phase === line.phase && (verdict.message !== undefined) === (line.error !== '');
    return isRight ? [] : [`${text}\n  got ${JSON.stringify(verdict)}`];
  });
  assert.deepEqual(wrong, []);
});

test('a condition that gives no boolean says what it gave', () => {
  for (const [source, type] of [
    ['result', 'float64'],
    ['nil', '<nil>'],
    ['"a"', 'string'],
    ['[1]', '[]interface {}'],
    ['1', 'int'],
    ['asInt(result)', 'int64'],
  ] as const) {
    assert.throws(() => evaluateCondition(source, 1, now), { message: `expected bool, but got ${type}` });
  }
});

test('the field of a record has its exact name', () => {
  const result = [new ExpressionRecord({ Id: 'a', Values: Float64Array.from([1, 2]) })];
  assert.equal(evaluateCondition('result[0].Values[0] == 1', result, now), true);
  assert.throws(() => evaluateCondition('result[0].values[0] == 1', result, now), ExpressionError);
});

test('a range query begins where its expression says', () => {
  assert.equal(evaluateTime('now()', now), now);
  assert.equal(evaluateTime('now() - duration("1h")', now), now - 3_600_000);
  const dated = 'date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "UTC") - duration("1h")';
  assert.equal(evaluateTime(dated, now), Date.parse('2023-08-13T23:00:00Z'));
  assert.equal(
    evaluateTime('date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "Europe/Berlin")', now),
    Date.parse('2023-08-13T22:00:00Z'),
  );
  assert.throws(() => evaluateTime('1 + 1', now), { message: 'expected time.Time, but got int' });
});

const hostile = [
  'all(1..1000000, all(1..1000000, true))',
  'reduce(1..900000, #acc + "aaaaaaaaaaaaaaaaaaaa", "") == ""',
  'repeat(repeat("a", 1000000), 1000000) == ""',
  `${'('.repeat(5_000)}true${')'.repeat(5_000)}`,
  `${'!'.repeat(9_000)}true`,
  `result${'.a'.repeat(4_000)} == 1`,
  `repeat("a", 90000) matches "${'(a*)*'.repeat(20)}b"`,
  'result matches "(x+x+)+y"',
  `${'1 < ('.repeat(100)}1 < 1 < 2${' < 3)'.repeat(100)}`,
  '10 ** 10000 > 1',
  `len(map(1..100000, 1..100000)) > 0`,
  // What is small but stands for something large.
  `${doubled(40, '[1,1]', (v) => `[${v},${v}]`)} v39 == v39`,
  `${doubled(40, '{"a":1}', (v) => `{"a":${v},"b":${v}}`)} len(string(v39)) > 0`,
  `${doubled(40, '[1,1]', (v) => `[${v},${v}]`)} len(toJSON(v39)) > 0`,
  'string(reduce(1..40, [#acc, #acc], [1])) == ""',
  'let s = repeat("a", 1000000); len(join(map(1..900000, s), "")) > 0',
  'let s = repeat("a", 1000000); let t = repeat("a", 1000000); len(sort(map(1..40000, # > 5 ? s : t))) > 0',
  // What takes the square of its length.
  'trim(repeat("a", 1000000), repeat("b", 999999) + "a") == ""',
  'lastIndexOf(repeat("a", 1000000), repeat("a", 400000) + "b") > 0',
  'len(groupBy(1..400000, 1)) > 0',
  'all(1..100000, not ("a" matches "^((a{30}){30}){20}$"))',
  'all(1..1000, result matches "(a|b|ab|aab)*(x+x+)+y$")',
  `date("${'A'.repeat(150)}1", "${'MST'.repeat(50)}") != nil`,
  // What is large itself, again and again.
  'all(1..100000, asFloat(result) > 0)',
  'int(repeat("9", 1000000)) > 0',
  'all(1..200000, now().In(timezone("Europe/Berlin")).Hour() >= 0)',
  'let s = repeat("a", 1000000); all(1..100000, now().Format(s) != "")',
  // What goes beyond what JavaScript can hold.
  'string(reduce(1..100000, #acc + duration("2540400h"), now())) != ""',
  'let d = repeat("[", 400000) + repeat("]", 400000); fromJSON(d) == fromJSON(d)',
];

/** `let v0 = …; let v1 = <of v0>; …` */
function doubled(count: number, first: string, next: (name: string) => string): string {
  return Array.from({ length: count }, (_, index) => {
    return `let v${index} = ${index === 0 ? first : next(`v${index - 1}`)};`;
  }).join(' ');
}

test('what is asked of every key of a large map is paid for', () => {
  const map = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, index]));
  for (const source of ['len(toPairs(result)) > 0', 'result == result', 'len(string(result)) > 0', 'len(result) > 0']) {
    assert.equal(evaluateCondition(source, map, now), true);
    assert.throws(() => evaluateCondition(`all(1..150000, ${source})`, map, now), { message: /budget/ });
  }
});

test('a large result is within the budget of plain conditions', () => {
  const samples = new Float64Array(150_000);
  for (const source of ['all(result, # == 0)', 'len(filter(result, # < 1)) == 150000', 'mean(result) == 0']) {
    assert.equal(evaluateCondition(source, samples, now), true);
  }
});

test('numbers are printed as Go prints them', () => {
  for (const [result, text] of [
    [1_000_000, '1e+06'],
    [123_456, '123456'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [2_097_152.5, '2.0971525e+06'],
  ] as const) {
    assert.equal(evaluateCondition(`string(result) == "${text}"`, result, now), true, text);
  }
});

/** Of this process, so that a busy machine makes no difference. */
function busyMsSince(before: NodeJS.CpuUsage): number {
  return process.cpuUsage(before).user / 1000;
}

for (const source of hostile) {
  test(`ends soon: ${source.slice(0, 60)}`, () => {
    const before = process.cpuUsage();
    try {
      evaluateCondition(source, 'x'.repeat(50_000), now);
    } catch (error) {
      assert.ok(error instanceof ExpressionError, String(error));
    }
    assert.ok(busyMsSince(before) < 2_000);
  });
}

const words = [
  ...'result # . ?. ?? ? : ; , ( ) [ ] { } + - * / % ** .. == != < <= > >= in not and or matches contains | ='.split(
    ' ',
  ),
  ...'true false nil 1 2.5 0x10 "a" `b` len( all( any( map( filter( sum( let x = if else asInt( isNaN( default('.split(
    ' ',
  ),
  ...'constructor( toString valueOf( __proto__ .constructor groupBy( count( string( uniq('.split(' '),
  ...'reduce( sortBy( #acc #index .v now() duration("1h") date("2020-01-01") keys( first( max( fromJSON( "[" '.split(
    ' ',
  ),
];
const source = fc.oneof(
  fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((parts) => parts.join(' ')),
  fc.string({ maxLength: 40 }),
);
const anyResult = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<ExpressionValue>,
  fc.array(fc.double(), { maxLength: 5 }).map((values): ExpressionValue => Float64Array.from(values)),
);

test('names that every object of JavaScript has mean nothing', () => {
  const inherited = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf', 'then'];
  for (const name of inherited) {
    assert.equal(evaluateCondition(`result.${name} == nil`, { a: 1 }, now), true);
    assert.equal(evaluateCondition(`"${name}" in result`, { a: 1 }, now), false);
    assert.equal(evaluateCondition(`{"${name}": 1}.${name} == 1`, null, now), true);
    for (const text of [
      'NAME',
      'NAME(1)',
      '1 | NAME()',
      'NAME([1], # > 1)',
      '[1].NAME()',
      '"a" matches "[[:NAME:]-]"',
    ]) {
      const source = text.replace('NAME', name);
      if (source.includes('[[') && /[^a-z]/.test(name)) continue; // no class by its form: characters
      assert.throws(() => evaluateCondition(source, null, now), ExpressionError, source);
    }
  }
});

test('nothing but ExpressionError is ever thrown', () => {
  fc.assert(
    fc.property(source, anyResult, (text, result) => {
      try {
        evaluateCondition(text, result, now);
      } catch (error) {
        assert.ok(error instanceof ExpressionError, `${text}: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('no expression over a large result runs longer than its budget', () => {
  const large = Array.from({ length: 20_000 }, (_, v) => ({ n: String(v), v }));
  const call = fc.constantFrom(
    'all',
    'any',
    'map',
    'filter',
    'count',
    'sum',
    'sortBy',
    'groupBy',
    'findLast',
    'reduce',
  );
  const nested = fc.array(call, { minLength: 1, maxLength: 4 }).map((calls) => {
    const inner = calls.reduce((body, name) => `${name}(result, ${body})`, 'toJSON(result) contains .n');
    return `len(string(${inner})) > 0`;
  });
  fc.assert(
    fc.property(nested, (text) => {
      const before = process.cpuUsage();
      try {
        evaluateCondition(text, large, now);
      } catch (error) {
        assert.ok(error instanceof ExpressionError, String(error));
      }
      assert.ok(busyMsSince(before) < 2_000, text);
    }),
    { numRuns: 8 },
  );
});

test('what is printed parses to the same tree', () => {
  const recorded = fixture('expr.jsonl')
    .trim()
    .split('\n')
    .flatMap((text) => {
      const { successCondition, failureCondition } = JSON.parse(text) as Line;
      return [successCondition, failureCondition];
    });
  let count = 0;
  const isStable = (text: string) => {
    try {
      const tree = parseExpression(text);
      assert.deepEqual(parseExpression(printExpression(tree)), tree, text);
      count += 1;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
    }
  };
  for (const text of recorded) isStable(text);
  assert.ok(count > 1000);
  fc.assert(fc.property(source, isStable), { numRuns: 2_000 });
});
