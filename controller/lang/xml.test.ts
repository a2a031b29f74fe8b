// XML of web services: what is read of it, and what is no document.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseXml, xmlAt, xmlText } from './xml.ts';

test('reads elements and text, and passes over everything else', () => {
  const text = `<?xml version="1.0"?>
    <!DOCTYPE a><A xmlns="http://x/" note='<not> an element'><!-- <B>no</B> -->
      <B><C>one &amp; &#x2d;&#45; &unknown;</C><C/></B><B><![CDATA[<raw>]]></B></A>`;
  const root = parseXml(text);
  assert.equal(root?.name, 'A');
  assert.equal(xmlText(root, 'B', 'C'), 'one & -- &unknown;');
  assert.deepEqual(
    root?.children.map((child) => [child.name, child.children.length, child.text]),
    [
      ['B', 2, ''],
      ['B', 0, '<raw>'],
    ],
  );
  assert.equal(xmlAt(root, 'nowhere', 'C'), undefined);
  assert.equal(xmlText(root, 'nowhere'), '');
});

test('what does not close, closes wrongly or is something else is no document', () => {
  for (const text of ['', 'plain', '{"json":true}', '<a>', '<a></b>', '</a>', '<a/>more', '<a', '<'.repeat(1000)]) {
    assert.equal(parseXml(text), undefined, text);
  }
  assert.equal(parseXml(`${'<a>'.repeat(200)}${'</a>'.repeat(200)}`), undefined, 'too deep');
});

test('text survives its escaping', () => {
  const asText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(parseXml(`<a>${asText(text)}</a>`)?.text, text.trim());
    }),
  );
});
