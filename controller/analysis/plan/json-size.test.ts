// Sizes are those of the JSON that is sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutToSize, jsonSize } from './json-size.ts';

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const text = fc.string({ unit: 'binary', maxLength: 40 });

test('the size is that of the JSON in UTF-8', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(jsonSize(value), bytesOf(value))));
  fc.assert(fc.property(text, (value) => assert.equal(jsonSize(value), bytesOf(value))));
});

test('what is cut fits, begins as it did, and is cut no earlier than it has to be', () => {
  fc.assert(
    fc.property(text, fc.nat(120), (whole, room) => {
      const cut = cutToSize(whole, room);
      assert.ok(whole.startsWith(cut));
      assert.ok(bytesOf(cut) - 2 <= room, `${bytesOf(cut)}`);
      const [next] = whole.slice(cut.length);
      if (next !== undefined) assert.ok(bytesOf(cut + next) - 2 > room);
    }),
  );
});
