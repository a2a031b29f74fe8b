import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRequestTarget } from './request-target.ts';

const rows: readonly (readonly [target: string, path: string | undefined, pathAndQuery?: string, host?: string])[] = [
  ['/', '/', '/'],
  ['/a/b?c=d', '/a/b', '/a/b?c=d'],
  ['/a/../b', '/b', '/a/../b'],
  ['//', '//', '//'],
  ['//evil.test/x', '//evil.test/x', '//evil.test/x'],
  ['/@x:99999', '/@x:99999', '/@x:99999'],
  ['http://other.test:81/x?y', '/x', '/x?y', 'other.test:81'],
  ['http://other.test', '/', '/', 'other.test'],
  ['*', undefined],
  ['', undefined],
  ['shop.test:443', undefined],
  ['http://[', undefined],
  ['http://a:99999/', undefined],
];

for (const [target, path, pathAndQuery, host = 'shop.test'] of rows) {
  test(`${JSON.stringify(target)} asks for ${path ?? 'nothing'}`, () => {
    const read = readRequestTarget(target, 'shop.test');
    assert.deepEqual(read, path === undefined ? undefined : { host, path, pathAndQuery });
  });
}

test('no target is too odd to be read or refused', () => {
  const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
  const start = fc.constantFrom('', '/', '//', 'http://');
  fc.assert(
    fc.property(start, fc.string({ unit: byte, maxLength: 30 }), (first, rest) => {
      const read = readRequestTarget(`${first}${rest}`, undefined);
      return read === undefined || (read.path.startsWith('/') && read.pathAndQuery.startsWith('/'));
    }),
  );
});
