// The entries of the ConfigMap: what is understood, and what is said of those that make no sense.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scriptedTransport } from '../../test/builders/scripted-transport.ts';
import { KubeError } from '../kubernetes/transport.ts';
import { findPlugin, type PluginRegistration } from './registration.ts';

function find(list: unknown, name = 'acme/p'): Promise<PluginRegistration> {
  const transport = scriptedTransport(() => {
    if (list instanceof Error) throw list;
    return { data: { metricProviderPlugins: list } };
  });
  const signal = new AbortController().signal;
  return findPlugin('metricProviderPlugins', name, { transport, controllerNamespace: 'argo-rollouts', signal });
}

const plain = { name: 'acme/p', isDisabled: false, sha256: undefined, args: [], headerSecrets: [] };

const entries: readonly (readonly [name: string, fields: string, want: Partial<PluginRegistration>])[] = [
  ['a file', 'location: "file:///opt/p"', { location: 'file:///opt/p', protocol: 'go-plugin' }],
  ['a download', 'location: "https://x/p"', { location: 'https://x/p', protocol: 'go-plugin' }],
  ['an address of a service', 'location: "http+rpc://x/p"', { location: 'http://x/p', protocol: 'jsonrpc' }],
  ['a flag', 'location: "https://x/p", jsonrpc: true', { location: 'https://x/p', protocol: 'jsonrpc' }],
  ['a protocol', 'location: "https://x/p", protocol: http', { location: 'https://x/p', protocol: 'http' }],
  [
    'everything',
    'location: "https://x/p", sha256: ABC, args: [-v, 1], headersFrom: [{secretRef: {name: s}}], disabled: true',
    {
      location: 'https://x/p',
      protocol: 'go-plugin',
      sha256: 'ABC',
      args: ['-v', '1'],
      headerSecrets: ['s'],
      isDisabled: true,
    },
  ],
];
for (const [name, fields, want] of entries) {
  test(`understands ${name}`, async () => {
    assert.deepEqual(await find(`[{name: other/p, location: x}, {name: acme/p, ${fields}}]`), { ...plain, ...want });
  });
}

const missing = /^unable to find plugin \(acme\/p\): plugin acme\/p not configured in configmap$/;
const refused: readonly (readonly [name: string, list: unknown, text: RegExp])[] = [
  ['no ConfigMap', new KubeError({ status: 404, reason: 'NotFound', message: '' }), missing],
  ['no list', undefined, missing],
  ['an empty list', '', missing],
  ['nothing but a comment', '# none yet', missing],
  ['another plugin', '[{name: acme/q, location: "file:///x"}]', missing],
  [
    'a ConfigMap that may not be read',
    new KubeError({ status: 403, reason: 'Forbidden', message: 'no' }),
    /cannot be read/,
  ],
  ['no YAML', '[{name: acme/p', /are no YAML: /],
  ['an object instead of a list', 'name: acme/p', /are no list/],
  ['arguments that are no list', '[{name: acme/p, location: "file:///x", args: -v}]', /its args is no list/],
  [
    'an argument that is an object',
    '[{name: acme/p, location: "file:///x", args: [-v, --level: 3]}]',
    /its args makes no sense at \[1\]$/,
  ],
  [
    'an argument that is nothing',
    '[{name: acme/p, location: "file:///x", args: [~]}]',
    /its args makes no sense at \[0\]$/,
  ],
  [
    'a Secret without a name',
    '[{name: acme/p, location: "https://x/p", headersFrom: [{secretRef: {}}]}]',
    /its headersFrom makes no sense at \[0\]$/,
  ],
  [
    'a protocol that nobody speaks',
    '[{name: acme/p, location: "file:///x", protocol: module}]',
    /protocol is not known/,
  ],
  ['HTTP to a file', '[{name: acme/p, location: "file:///x", protocol: http}]', /not for its location/],
];
for (const [name, list, message] of refused) {
  test(`says clearly: ${name}`, () => assert.rejects(find(list), { name: 'PluginError', message }));
}
