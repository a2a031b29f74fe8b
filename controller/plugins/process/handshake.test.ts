// The first line of a plugin: what is understood, and what is said of everything else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PluginError } from '../plugin-error.ts';
import { handshakeEnvironment, parseHandshake } from './handshake.ts';
import { Lines } from './lines.ts';

const good: readonly (readonly [line: string, address: object])[] = [
  ['1|1|unix|/tmp/plugin123|netrpc|', { network: 'unix', path: '/tmp/plugin123' }],
  ['1|1|unix|/tmp/plugin123|netrpc', { network: 'unix', path: '/tmp/plugin123' }],
  ['1|1|unix|/tmp/plugin123', { network: 'unix', path: '/tmp/plugin123' }],
  ['1|1|unix|/tmp/plugin123|netrpc||true\r', { network: 'unix', path: '/tmp/plugin123' }],
  ['1|1|tcp|127.0.0.1:10000|netrpc|', { network: 'tcp', host: '127.0.0.1', port: 10_000 }],
  ['1|1|tcp|[::1]:10000|netrpc|', { network: 'tcp', host: '::1', port: 10_000 }],
];
for (const [line, address] of good) {
  test(`understands ${JSON.stringify(line)}`, () => assert.deepEqual(parseHandshake(line), address));
}

const bad: readonly (readonly [line: string, text: RegExp])[] = [
  ['', /does not say how to reach it/],
  ['listening', /does not say how to reach it/],
  ['2|1|unix|/x|netrpc|', /version 2 of go-plugin, not 1/],
  ['1|2|unix|/x|netrpc|', /version 2 of the protocol of plugins, not 1/],
  ['1|1|unix|/x|grpc|', /speaks grpc, not netrpc/],
  ['1|1|unix|/x|netrpc|MIIB', /wants TLS/],
  ['1|1|pipe|x|netrpc|', /at an address of a kind that is not known: pipe x/],
  ['1|1|tcp|127.0.0.1:65536|netrpc|', /at an address of a kind that is not known: tcp 127.0.0.1:65536/],
  ['1|1|unix|/x\0|netrpc|', /does not say how to reach it/],
  ['1|1|tcp|x\0:1|netrpc|', /does not say how to reach it/],
  ['1|1|tcp|nowhere|netrpc|', /at an address of a kind that is not known: tcp nowhere/],
];
for (const [line, message] of bad) {
  test(`refuses ${JSON.stringify(line)}`, () =>
    assert.throws(() => parseHandshake(line), { name: 'PluginError', message }));
}

test('any line is an address or refused', () => {
  const part = fc.oneof(fc.string(), fc.constantFrom('1', 'unix', 'tcp', 'netrpc', '127.0.0.1:1'));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      try {
        assert.match(parseHandshake(parts.join('|')).network, /^(unix|tcp)$/);
      } catch (error) {
        if (!(error instanceof PluginError)) throw error;
      }
    }),
  );
});

test('the environment tells which kind of plugin is meant', () => {
  const environment = handshakeEnvironment({ cookie: 'metricprovider', serves: '' }, '/tmp/x');
  assert.deepEqual(environment, {
    ARGO_ROLLOUTS_RPC_PLUGIN: 'metricprovider',
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    PLUGIN_PROTOCOL_VERSIONS: '1',
    PLUGIN_UNIX_SOCKET_DIR: '/tmp/x',
  });
});

test('lines come whole, whatever pieces they come in, and long ones are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9}$/)), fc.integer({ min: 1, max: 7 }), (words, size) => {
      const text = Buffer.from(words.map((word) => `${word}\n`).join(''));
      const read: string[] = [];
      const lines = new Lines((line) => read.push(line));
      for (let at = 0; at < text.length; at += size) lines.push(text.subarray(at, at + size));
      assert.deepEqual(read, words);
    }),
  );
  const read: string[] = [];
  const lines = new Lines((line) => read.push(line));
  lines.push(Buffer.alloc(1_000_000, 'x'));
  lines.push(Buffer.from('\nshort'));
  lines.end();
  assert.deepEqual(
    read.map(({ length }) => length),
    [8192, 5],
  );
});
