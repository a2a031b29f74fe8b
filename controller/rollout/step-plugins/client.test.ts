// Calls of step plugins over HTTP, against a service on loopback: both forms, what is sent, and every answer that is none.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type LoopbackService, startService } from '../../../test/builders/loopback-service.ts';
import { rollout } from '../../../test/builders/objects.ts';
import { makeProviderTools } from '../../../test/builders/provider-tools.ts';
import { KubeError } from '../../kubernetes/transport.ts';
import type { OutsideAnswer, OutsideCall } from '../types.ts';
import { callStepPlugin } from './client.ts';

let service: LoopbackService;
before(async () => {
  service = await startService();
});
after(() => service.close());
beforeEach(() => {
  service.received.length = 0;
});

type Call = Extract<OutsideCall, { kind: 'stepPlugin' }>;
const subject = rollout({ canary: {} });

async function run(list: string | undefined, call: Partial<Call> = {}): Promise<OutsideAnswer> {
  const tools = makeProviderTools({
    request: async ({ path }) => {
      assert.equal(path, '/api/v1/namespaces/argo-rollouts/configmaps/argo-rollouts-config');
      if (list === undefined) throw new KubeError({ status: 404, reason: 'NotFound', message: 'not found' });
      return { status: 200, body: { data: { stepPlugins: list } }, headers: {} };
    },
  });
  const plugin = { name: 'acme/smoke', config: { depth: 2 } };
  try {
    return await callStepPlugin({ kind: 'stepPlugin', operation: 'Run', plugin, rollout: subject, ...call }, tools);
  } finally {
    tools.close();
  }
}

const http = () => `[{name: acme/smoke, location: "${service.address}/base/", protocol: http}]`;
const says = (body: unknown, status = 200) => {
  service.answer = () => ({ status, body: typeof body === 'string' ? body : JSON.stringify(body) });
};

test('protocol http: one path for each operation; configuration, status and Rollout are sent', async () => {
  says({ phase: 'Running', message: 'soon', status: { job: 1 }, requeueAfter: '1m30s' });
  const answer = await run(http(), { operation: 'Terminate', status: { job: 0 } });
  assert.deepEqual(answer, {
    is: 'stepPlugin',
    phase: 'Running',
    message: 'soon',
    status: { job: 1 },
    requeueAfterMs: 90_000,
  });
  const [{ method, url, body } = { method: '', url: '', body: '{}' }] = service.received;
  assert.deepEqual([method, url], ['POST', '/base/v1/terminate']);
  assert.deepEqual(JSON.parse(body), {
    apiVersion: 'step.slipway.dev/v1',
    rollout: JSON.parse(JSON.stringify(subject)),
    context: { pluginName: 'acme/smoke', config: { depth: 2 }, status: { job: 0 } },
  });
});

test('http+rpc: one address, the operation in the body', async () => {
  says({ phase: 'Successful', requeueAfter: 0 });
  const location = service.address.replace('http:', 'http+rpc:');
  const answer = await run(`[{name: acme/smoke, location: "${location}"}]`);
  assert.deepEqual(answer, { is: 'stepPlugin', phase: 'Successful' });
  const sent = JSON.parse(service.received[0]?.body ?? '{}');
  assert.deepEqual([sent.method, sent.params.context.pluginName], ['Run', 'acme/smoke']);
});

test('a plugin that is switched off is not called', async () => {
  const answer = await run('[{name: acme/smoke, location: "file:///x", disabled: true}]');
  assert.deepEqual(answer, { is: 'stepPlugin', phase: 'Successful', isDisabled: true });
  assert.equal(service.received.length, 0);
});

const start = 'failed to get step plugin acme/smoke: unable to start plugin system: ';
const missing = `${start}unable to find plugin (acme/smoke): plugin acme/smoke not configured in configmap`;
const refusals: readonly (readonly [name: string, list: () => string | undefined, text: string])[] = [
  ['no ConfigMap', () => undefined, missing],
  ['another plugin', () => '[{name: acme/other, location: "http://x", protocol: http}]', missing],
  [
    'an executable',
    () => '[{name: acme/smoke, location: "file:///opt/smoke"}]',
    `${start}plugin acme/smoke is an executable; Slipway calls step plugins over HTTP (protocol: http, or an http+rpc:// location)`,
  ],
];

for (const [name, list, message] of refusals) {
  test(`${name}: said clearly`, () => assert.rejects(run(list()), { name: 'ProviderError', message }));
}

const answers: readonly (readonly [name: string, body: unknown, status: number, text: string])[] = [
  ['an HTTP error', '', 500, 'failed to run via plugin: HTTP 500'],
  ['no JSON', 'fine', 200, 'failed to run via plugin: the answer is not JSON'],
  ['null', 'null', 200, 'failed to run via plugin: the answer has no phase'],
  ['no phase', {}, 200, 'failed to run via plugin: the answer has no phase'],
  ['an error', { phase: 'Running', error: 'no database' }, 200, 'failed to run via plugin: no database'],
];

for (const [name, body, status, message] of answers) {
  test(`an answer with ${name} is an error`, async () => {
    says(body, status);
    await assert.rejects(run(http()), { name: 'ProviderError', message });
  });
}
