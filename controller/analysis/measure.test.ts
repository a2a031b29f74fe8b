// One call to a provider, from the Secrets that it needs to what may be stored of it: V-35, V-36, V-73, §1.7 and §3.4.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FakeAnswer, fakeProvider } from '../../test/builders/fake-provider.ts';
import { makeProviderTools } from '../../test/builders/provider-tools.ts';
import { refusal, scriptedTransport } from '../../test/builders/scripted-transport.ts';
import type { AnalysisRunSpec, AnalysisRunStatus, Metric } from '../api/types.generated.ts';
import { measure } from './measure.ts';
import type { Provider } from './providers/contract.ts';
import { createProviderRegistry } from './providers/registry.ts';
import { webAnswer } from './providers/web/response.ts';
import type { CallAnswer, CallKind } from './types.ts';

const secret = 'hunter2-and-more';
const secretArg = { name: 'key', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } };
let now = 1_000;
const clock = { now: () => now, schedule: () => ({ cancel: () => undefined }) };

async function ask(
  provider: Provider,
  metric: Partial<Metric> = {},
  more: { spec?: Partial<AnalysisRunSpec>; status?: AnalysisRunStatus; kind?: CallKind; data?: object } = {},
): Promise<CallAnswer> {
  now = 1_000;
  const { data = { k: Buffer.from(secret).toString('base64') } } = more;
  const transport = scriptedTransport(({ path }) =>
    path.endsWith('/secrets/s') ? { data } : refusal(404, 'NotFound'),
  );
  const spec = { metrics: [{ name: 'm', provider: { web: { url: 'http://a' } }, ...metric }], ...more.spec };
  const run = { metadata: { name: 'r', namespace: 'n' }, spec, ...(more.status ? { status: more.status } : {}) };
  const tools = makeProviderTools();
  const deps = {
    registry: createProviderRegistry([provider]),
    transport,
    clock,
    toolsFor: () => ({ ...tools, clock }),
  };
  const call = { run, metric: 'm', index: 0, kind: more.kind ?? 'run' };
  return measure(call, deps, new AbortController().signal).finally(() => tools.close());
}

const answering = (answer: FakeAnswer): Provider => fakeProvider('web', () => answer);
const value = (result: number | string, text = String(result)) => ({ is: 'value', result, value: text }) as const;
const shown = (answer: CallAnswer) => JSON.stringify(answer);

test('V-36: the provider gets the metric with its arguments in place, quotes and line ends too', async () => {
  const provider = fakeProvider('web', () => value(1));
  const spec = { args: [{ name: 'svc', value: 'a"b\n' }, secretArg] };
  await ask(provider, { provider: { web: { url: 'http://{{ args.svc }}/{{args.key}}' } } }, { spec });
  assert.equal(provider.calls[0]?.call.metric.provider.web?.url, `http://a"b\n/${secret}`);
});

test('what the provider sees as the run holds references and no secrets', async () => {
  const provider = fakeProvider('web', () => value(1));
  await ask(provider, { provider: { web: { url: '{{args.key}}' } } }, { spec: { args: [secretArg] } });
  assert.ok(!JSON.stringify(provider.calls[0]?.call.run).includes(secret));
});

test('V-35: a secret shows up nowhere, whatever the provider does with it', async () => {
  const spec = { args: [secretArg] };
  const metadata = { told: `with ${secret}` };
  const answers: FakeAnswer[] = [
    { ...value(secret, JSON.stringify(secret)), metadata },
    new Error(`Get "http://a/?key=${secret}": no such host`),
    { is: 'phase', phase: 'Failed', message: `no ${secret}`, value: secret, metadata },
    { is: 'phase', phase: 'Error', message: `no ${secret}` },
  ];
  for (const answer of answers) {
    const provider = { ...answering(answer), metadata: () => ({ Resolved: `up{key="${secret}"}` }) };
    const condition = { successCondition: 'result == "{{args.key}}" and result[0] > 1' };
    for (const metric of [{}, condition]) {
      const told = shown(await ask(provider, metric, { spec }));
      assert.ok(!told.includes('hunter2'), told);
      assert.ok(told.includes('*****'), told);
    }
  }
});

test('V-35: nor does a secret show up where an answer is stored as Go writes JSON', async () => {
  const [password, spec] = ['p&ss<word>', { args: [secretArg] }];
  const body = JSON.stringify({ told: password });
  const data = { k: Buffer.from(password).toString('base64') };
  const answer = await ask(answering(webAnswer({ status: 200, headers: {}, body }, undefined)), {}, { spec, data });
  assert.equal(answer.is === 'measured' && answer.value, '{"told":"*****"}');
});

test('§1.7: a Job is called without secrets, and found again where a secret looks like its name', async () => {
  const metadata = { 'job-name': `uid.${secret}.1`, note: secret };
  const provider = {
    ...fakeProvider('web', () => ({ is: 'phase', phase: 'Running', metadata })),
    handles: ['job-name'],
  };
  const begun = await ask(provider, { name: '{{args.key}}' }, { spec: { args: [secretArg] } });
  assert.ok(begun.is === 'measured');
  assert.deepEqual(begun.metadata, { ...metadata, note: '*****' });
  assert.equal(provider.calls[0]?.call.metric.name, 'm');
});

test('no part of a secret is left where a text is cut', async () => {
  const long = 'x'.repeat(110);
  const provider = fakeProvider('graphite', () => value(0, `${long}${secret}`));
  const query = `${'y'.repeat(390)}{{args.key}}`;
  const metric = { provider: { graphite: { address: 'http://a', query } }, successCondition: 'result > 1' };
  const told = shown(await ask(provider, metric, { spec: { args: [secretArg] } }));
  assert.ok(!told.includes('hunter'), told);
});

test('V-73: a value that cannot be judged is not stored', async () => {
  const answer = await ask(answering({ is: 'value', result: new Float64Array(), value: '[]' }), {
    successCondition: 'result[0] >= 0.95',
  });
  assert.deepEqual(answer, {
    is: 'measured',
    kind: 'run',
    finishedBefore: 0,
    startedAt: 1_000,
    answeredAt: 1_000,
    phase: 'Error',
    message:
      'could not evaluate successCondition "result[0] >= 0.95": metric result is nil or empty: no data returned from the metric provider',
    resultMetadata: {},
  });
});

test('a metric without a known provider is a measurement in error', async () => {
  const answer = await ask(answering(value(1)), { provider: { graphite: { address: '', query: '' } } });
  assert.match(shown(answer), /no valid provider in metric 'm'/);
});

test('values, messages and metadata have a longest length, and say when they were longer', async () => {
  const long = 'v'.repeat(200_000);
  const cut = await ask(answering({ ...value(1, long), metadata: { groups: long } }));
  assert.ok(cut.is === 'measured');
  assert.equal(cut.value?.length, 65_536);
  assert.equal(cut.metadata?.['value-truncated'], 'true');
  assert.ok((cut.metadata?.groups?.length ?? 0) < 40_000);
  const many = Array.from({ length: 64 }, (_, index) => ({ name: `m${index}`, provider: { web: { url: 'x' } } }));
  const shared = await ask(answering(value(1, long)), {}, { spec: { metrics: many } });
  assert.ok(shared.is === 'measured');
  assert.equal(shared.value?.length, 8_192, 'of 64 metrics one value each fits');
  const failed = await ask(answering(new Error(long)));
  assert.ok(failed.is === 'measured');
  assert.match(failed.message ?? '', /^v{4096}… \(195904 characters more\)$/);
});

test('no number of entries makes metadata longer than there is room for', async () => {
  const entries = Array.from({ length: 200_000 }, (_, index) => [`key-${index}-${secret}`, 'text']);
  const metadata = Object.fromEntries(entries);
  const answer = { is: 'phase', phase: 'Successful', metadata, resultMetadata: metadata } as const;
  const cut = await ask(answering(answer), {}, { spec: { args: [secretArg] } });
  assert.ok(cut.is === 'measured');
  for (const told of [cut.metadata, cut.resultMetadata]) {
    assert.equal(told?.['metadata-truncated'], 'true');
    assert.equal(told?.['key-0-*****'], 'text');
    assert.ok(JSON.stringify(told).length < 34_000);
  }
});

test('what a provider that is asked for it tells of its result is stored with it', async () => {
  const told = await ask(answering({ is: 'phase', phase: 'Successful', resultMetadata: { judge: 'j' } }));
  assert.ok(told.is === 'measured');
  assert.deepEqual(told.resultMetadata, { judge: 'j' });
});

test('§3.4: what was asked is stored with the result also where the first answer is an error, without secrets', async () => {
  const provider = {
    ...answering(new Error('the service is down')),
    metadata: ({ name }: Metric) => ({ Query: `${name} ${secret}` }),
  };
  const failed = await ask(provider, {}, { spec: { args: [secretArg] } });
  assert.ok(failed.is === 'measured');
  assert.deepEqual(
    [failed.phase, failed.message, failed.resultMetadata],
    ['Error', 'the service is down', { Query: 'm *****' }],
  );
});

test('a measurement that lasts is resumed and ended with what was stored of it', async () => {
  const stored = { phase: 'Running', startedAt: '2026-11-21T10:00:00Z', metadata: { 'job-name': 'j' } };
  const status = {
    phase: 'Running',
    metricResults: [{ name: 'm', phase: 'Running', count: 3, error: 1, measurements: [stored] }],
  };
  for (const kind of ['resume', 'terminate'] as const) {
    const provider = fakeProvider('web', () => ({ is: 'phase', phase: 'Inconclusive' }));
    await ask(provider, {}, { status, kind });
    const [call] = provider.calls;
    assert.equal(call?.kind, kind);
    assert.deepEqual(call?.measurement, stored);
    assert.equal(call?.call.finishedCount, 4);
  }
});

test('a provider that finishes in one call has nothing to resume or to end', async () => {
  const { resume: _resume, terminate: _terminate, ...provider } = fakeProvider('web', () => value(1));
  assert.match(shown(await ask(provider, {}, { kind: 'resume' })), /"phase":"Running"/);
  assert.match(shown(await ask(provider, {}, { kind: 'terminate' })), /"phase":"Successful"/);
});
