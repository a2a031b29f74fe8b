// No text makes a language of this folder throw anything but what it says it throws, nor take long.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExpressionError, evaluateCondition, evaluateTime } from './expression.ts';
import type { ExpressionValue } from './expression-value.ts';
import { formatGoDuration, parseGoDuration, pauseSeconds } from './go-duration.ts';
import { parsePercent, scaledValue, writtenNumber } from './int-or-percent.ts';
import { compileJsonPath, firstAtPath } from './json-path.ts';
import { formatLabelSelector, formatTerms, matchesTerms, parseLabelSelector, selectorTerms } from './label-selector.ts';
import { applyMergePatch, diffMergePatch, isEqualJson } from './merge-patch.ts';
import { areEqualQuantities, canonicalQuantity, formatQuantity, parseQuantity } from './quantity.ts';
import { compileRegExp } from './re2.ts';
import { isSameTime, parseRfc3339 } from './rfc3339.ts';
import { parseYaml, parseYamlDocuments, YamlError } from './yaml.ts';

const data = { items: [{ a: 1, 'b.c': [null, 'x', { d: [] }] }, 'text', null, 5], deep: { e: { f: false } } };

interface Language {
  readonly run: (text: string) => unknown;
  /** What its texts are made of. */
  readonly pieces: readonly string[];
  readonly throws?: abstract new (...args: never[]) => Error;
}

const languages: Readonly<Record<string, Language>> = {
  durations: {
    pieces: ['1', '0', '.', '-', '+', 'h', 'm', 's', 'ms', 'ns', 'µs', '9'.repeat(30), 'e5', ' '],
    run(text) {
      const parsed = parseGoDuration(text);
      assert.ok(Number.isInteger(pauseSeconds(text)));
      return parsed === undefined ? parsed : formatGoDuration(parsed);
    },
  },
  quantities: {
    pieces: ['1', '0', '.', '-', '+', 'm', 'k', 'Ki', 'Gi', 'E', 'e', 'e5', 'e99999999', 'n', '9'.repeat(40)],
    run(text) {
      const parsed = parseQuantity(text);
      assert.equal(areEqualQuantities(text, text), parsed !== undefined);
      assert.equal(typeof canonicalQuantity(text), parsed === undefined ? 'undefined' : 'string');
      return parsed && formatQuantity(parsed);
    },
  },
  percentages: {
    pieces: ['1', '0', '%', '-', '+', '.', ' ', '9'.repeat(20)],
    run: (text) => [parsePercent(text), scaledValue(text, 10, 'up'), writtenNumber(text)],
  },
  times: {
    pieces: ['2026', '-', '01', 'T', ':', '59', '.', 'Z', '+', '0', '99'],
    run: (text) => [parseRfc3339(text), isSameTime(text, '2026-01-01T00:00:00Z')],
  },
  selectors: {
    pieces: ['a', 'b/c', ' ', ',', '=', '==', '!=', '!', ' in ', ' notin ', '(', ')', 'x'.repeat(70), '__proto__'],
    run(text) {
      const parsed = parseLabelSelector(text);
      return 'terms' in parsed ? [matchesTerms(parsed.terms, { a: 'b' }), formatTerms(parsed.terms)] : parsed.problem;
    },
  },
  jsonPaths: {
    pieces: [
      ...['{', '}', '.', '..', '[', ']', '*', '?(', ')', '@', '$', "'", '"', ':', ',', '-1', '0', 'range ', 'end', ' '],
      ...['items', 'a', 'b\\.c', '==', '<', '5', '\\', 'e.f', '__proto__', 'constructor', 'length'],
    ],
    run(text) {
      const compiled = compileJsonPath(text);
      firstAtPath(text, data);
      return 'value' in compiled
        ? Object.values(compiled.value).map((f) => (typeof f === 'function' ? callSafely(f) : f))
        : '';
    },
  },
  conditions: {
    pieces: [
      ...[
        'result',
        '[',
        ']',
        '(',
        ')',
        '{',
        '}',
        '.',
        '?.',
        '??',
        '?',
        ':',
        ';',
        ',',
        ' ',
        '|',
        '..',
        '#',
        '#acc',
        '"',
      ],
      ...[
        'not ',
        '!',
        '-',
        '+',
        '*',
        '**',
        '/',
        '%',
        ' in ',
        ' and ',
        ' || ',
        ' matches ',
        '==',
        '<',
        '1',
        '2.5',
        '0x',
      ],
      ...['all(', 'map(', 'filter(', 'reduce(', 'sortBy(', 'groupBy(', 'repeat(', 'toJSON(', 'fromJSON(', 'let x = '],
      ...['if ', 'else ', '`a`', "'\\u0041'", '/*', '//', '9'.repeat(40), '1e400', 'duration("1h")', 'now()', 'nil'],
    ],
    throws: ExpressionError,
    run: (text) => [data, 'x', 1.5, 3n, null, Float64Array.of(1, Number.NaN)].map((result) => holds(text, result)),
  },
  rangeTimes: {
    pieces: ['now()', ' - ', ' + ', 'duration(', 'date(', '"', '1h', '2026-01-01', ')', ',', '.Unix()', '.Add(', '1'],
    throws: ExpressionError,
    run: (text) => evaluateTime(text, 1_800_000_000_000),
  },
  regularExpressions: {
    pieces: [
      'a',
      '.',
      '*',
      '+',
      '?',
      '{1,1000}',
      '(',
      '(?:',
      '(?i)',
      '(?P<n>',
      ')',
      '[',
      '^',
      ']',
      '[[:alpha:]]',
      '|',
      '$',
      '\\',
    ],
    throws: ExpressionError,
    run: (text) => compileRegExp(text).test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'),
  },
  yaml: {
    pieces: [
      ...['a', ': ', ':', '- ', '-', '\n', '\n  ', '\n    ', '  ', '{', '}', '[', ']', ',', '"', "'", '#', '&x', '*x'],
      ...[
        '|',
        '>',
        '---',
        '...',
        '!!str ',
        '!!int ',
        '%YAML 1.2',
        '\t',
        '1',
        '0x',
        'null',
        '<<: ',
        '? ',
        '\\x',
        '\u0000',
      ],
    ],
    throws: YamlError,
    run: (text) => [parseYamlDocuments(text), parseYaml(text)],
  },
};

/** One result after the other, so that an error with the first does not hide the rest. */
function holds(text: string, result: ExpressionValue): unknown {
  try {
    return evaluateCondition(text, result, 1_800_000_000_000);
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

/** A path that does not fit the data is a problem that is told as a value. */
function callSafely(f: unknown): unknown {
  return (f as (value: unknown) => unknown)(data);
}

/** Generous: what it is held against takes hours. */
const longestMs = 5000;

for (const [name, { run, pieces, throws }] of Object.entries(languages)) {
  const texts = fc.oneof(
    fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const check = (text: string): void => {
    try {
      run(text);
    } catch (error) {
      if (!throws || !(error instanceof throws)) throw error;
    }
  };

  test(`${name}: any text`, () => {
    fc.assert(fc.property(texts, check), { numRuns: 1000 });
  });

  test(`${name}: long texts take no longer than their length`, () => {
    const repeats = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(repeats, fc.constantFrom(...pieces, '!'), (parts, end) => {
        const text = parts.join('').repeat(Math.ceil(4000 / parts.join('').length)) + end;
        const before = performance.now();
        check(text);
        const tookMs = performance.now() - before;
        assert.ok(tookMs < longestMs, `${tookMs} ms for ${JSON.stringify(parts)} … ${JSON.stringify(end)}`);
      }),
      { numRuns: 60 },
    );
  });
}

test('merge patches of any JSON: what is found by difference leads there', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (from, to) => {
      applyMergePatch(from, to);
      const patch = diffMergePatch(from, to);
      if (patch) assert.equal(diffMergePatch(applyMergePatch(from, patch), to), undefined);
      assert.ok(isEqualJson(from, from));
    }),
    { numRuns: 2000 },
  );
});

test('selectors of any JSON that is a selector in form', () => {
  const texts = fc.oneof(fc.string(), fc.constantFrom('a', 'In', 'NotIn', 'Exists', 'x'.repeat(70)));
  const requirement = fc.record({ key: texts, operator: texts, values: fc.array(texts) });
  const selector = fc.record({ matchLabels: fc.dictionary(texts, texts), matchExpressions: fc.array(requirement) });
  fc.assert(
    fc.property(selector, (value) => {
      const terms = selectorTerms(value);
      assert.equal(typeof formatLabelSelector(value), 'string');
      if (terms) assert.equal(typeof matchesTerms(terms, { a: 'b' }), 'boolean');
    }),
  );
});

test('a path that multiplies its values ends with a problem instead of running for hours', () => {
  const compiled = compileJsonPath(`{${'..'.repeat(2000)}}`);
  const found = 'value' in compiled ? compiled.value.find(data) : compiled;
  assert.match('problem' in found ? found.problem : '', /more than \d+ values/);
});

test('a duration of many digits is refused or read at once', () => {
  assert.equal(parseGoDuration(`${'9'.repeat(100_000)}!`), undefined);
  assert.equal(parseGoDuration(`${'9'.repeat(100_000)}`), undefined);
});
