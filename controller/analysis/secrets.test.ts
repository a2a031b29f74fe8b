// Secrets are read when used and shown to nobody, in whatever form a service gives them back: V-34, V-35.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal, scriptedTransport } from '../../test/builders/scripted-transport.ts';
import type { AnalysisRun, Argument } from '../api/types.generated.ts';
import { createSecrets, secretArguments } from './secrets.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const ofSecret = (name: string, key: string): Argument => ({
  name: `${name}-${key}`,
  valueFrom: { secretKeyRef: { name, key } },
});

function runWith(...args: Argument[]): AnalysisRun {
  return { metadata: { name: 'r', namespace: 'shop' }, spec: { metrics: [], args } };
}

function secretsOf(data: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const transport = scriptedTransport(({ path }) => {
    const name = path.split('/').at(-1) ?? '';
    if (!path.startsWith('/api/v1/namespaces/shop/secrets/') || !data[name]) return refusal(404, 'NotFound');
    return { data: Object.fromEntries(Object.entries(data[name]).map(([key, text]) => [key, base64(text)])) };
  });
  return { secrets: createSecrets(transport), transport };
}

test('arguments from Secrets are read in the namespace of the run, and the others are let alone', async () => {
  const { secrets, transport } = secretsOf({ s: { k: 'hunter2' } });
  const found = await secretArguments(runWith(ofSecret('s', 'k'), { name: 'x', value: '1' }), secrets);
  assert.deepEqual(found, new Map([['s-k', 'hunter2']]));
  assert.deepEqual(
    transport.requests.map(({ path }) => path),
    ['/api/v1/namespaces/shop/secrets/s'],
  );
});

test('V-34: a Secret, or a key of it, that is not there is told by name', async () => {
  const { secrets } = secretsOf({ s: { k: 'v' } });
  assert.deepEqual(await secretArguments(runWith(ofSecret('gone', 'k')), secrets), {
    is: 'unresolved',
    message: 'secrets "gone" not found',
  });
  assert.deepEqual(await secretArguments(runWith(ofSecret('s', 'toString')), secrets), {
    is: 'unresolved',
    message: "key 'toString' does not exist in secret 's'",
  });
});

test('an API server that does not answer is no fault of the run', async () => {
  const secrets = createSecrets(scriptedTransport(() => refusal(503, 'ServiceUnavailable', 'try again')));
  assert.deepEqual(await secretArguments(runWith(ofSecret('s', 'k')), secrets), { is: 'retry', message: 'try again' });
});

test('V-35: a secret is taken out of texts, in every form in which it may come back', async () => {
  const { secrets } = secretsOf({ s: { k: 'hunter2 "x"\n', short: 'hunter2', tiny: '1' } });
  await secretArguments(runWith(ofSecret('s', 'short'), ofSecret('s', 'k')), secrets);
  const texts = [
    'no hunter2 "x"\n here',
    'trimmed: hunter2 "x", and the other: hunter2',
    JSON.stringify({ echo: 'hunter2 "x"\n' }),
    `http://a/?q=${encodeURIComponent('hunter2 "x"')}`,
    `http://a/?${new URLSearchParams({ q: 'hunter2 "x"' })}`,
    `Basic ${base64('hunter2 "x"\n')}`,
  ].map((text) => secrets.redact(text));
  for (const text of texts) assert.ok(!/hunter2|aHVudGVy|"x|\\"x/.test(text), text);
  assert.equal(texts[0], 'no ***** here');
});

test('a body that holds a secret, in whatever form, is marked', () => {
  const secrets = createSecrets(scriptedTransport(() => ({})));
  secrets.hide("p'a!ss w~rd");
  const of = (body: string) => secrets.guard({ method: 'POST', url: 'http://a', body, timeoutMs: 1 }).hasSecretBody;
  assert.equal(of(new URLSearchParams({ query: "up{k='p'a!ss w~rd'}" }).toString()), true);
  assert.equal(of(JSON.stringify({ query: "p'a!ss w~rd" })), true);
  assert.equal(of('nothing'), undefined);
});

test('an empty secret hides nothing', () => {
  const { secrets } = secretsOf({});
  secrets.hide('');
  secrets.hide('\n');
  assert.equal(secrets.redact('a text'), 'a text');
});
