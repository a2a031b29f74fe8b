import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../random.ts';
import { startTestServer } from '../test-server.ts';

const accounts = '/api/v1/namespaces/default/serviceaccounts';
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } };

interface TokenAnswer {
  readonly kind: string;
  readonly spec: object;
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

test('a token stands for its service account until it expires or the account is gone', async () => {
  const { server, ok, clock } = startTestServer();
  await ok('POST', accounts, account);
  const request = { spec: { expirationSeconds: 600 } };
  const { kind, spec, status } = await ok<TokenAnswer>('POST', `${accounts}/robot/token`, request);
  assert.equal(kind, 'TokenRequest');
  assert.deepEqual(spec, {
    audiences: ['https://kubernetes.default.svc.cluster.local'],
    expirationSeconds: 600,
    boundObjectRef: null,
  });
  const user = server.authenticate(status.token);
  assert.equal(user?.name, 'system:serviceaccount:default:robot');
  assert.deepEqual(user?.groups, ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated']);
  const [head, payload, signature = ''] = status.token.split('.');
  assert.equal(
    server.authenticate(`${head}.${payload}.${signature.replace(/^./, (one) => (one === 'A' ? 'B' : 'A'))}`),
    undefined,
  );
  await clock.runFor(601_000);
  assert.equal(server.authenticate(status.token), undefined);
  const later = await ok<TokenAnswer>('POST', `${accounts}/robot/token`, {});
  assert.notEqual(server.authenticate(later.status.token), undefined);
  await ok('DELETE', `${accounts}/robot`);
  await ok('POST', accounts, account);
  assert.equal(server.authenticate(later.status.token), undefined);
});

test('a lifetime under ten minutes, and a service account that is not there, are refused', async () => {
  const { ok, refusal } = startTestServer();
  await ok('POST', accounts, account);
  const short = await refusal('POST', `${accounts}/robot/token`, { spec: { expirationSeconds: 60 } });
  assert.equal(
    short.message,
    'TokenRequest.authentication.k8s.io "robot" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
  );
  const missing = await refusal('POST', `${accounts}/nobody/token`, {});
  assert.equal(missing.message, 'serviceaccounts "nobody" not found');
});

test('a Secret of the token type is filled, and its token lives as long as it', async () => {
  const { server, ok, refusal } = startTestServer();
  await ok('POST', accounts, account);
  const secrets = '/api/v1/namespaces/default/secrets';
  const secret = (annotations: object) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', annotations },
    type: 'kubernetes.io/service-account-token',
  });
  const unnamed = await refusal('POST', secrets, secret({}));
  assert.match(unnamed.message ?? '', /metadata\.annotations\[kubernetes\.io\/service-account\.name\]: Required value/);
  type Kept = { data: { token: string; namespace: string } };
  const { data } = await ok<Kept>('POST', secrets, secret({ 'kubernetes.io/service-account.name': 'robot' }));
  assert.equal(Buffer.from(data.namespace, 'base64').toString(), 'default');
  const token = Buffer.from(data.token, 'base64').toString();
  assert.equal(server.authenticate(token)?.name, 'system:serviceaccount:default:robot');
  await ok('DELETE', `${secrets}/s`);
  assert.equal(server.authenticate(token), undefined);
});

test('tokens stay good on a server that begins with what was kept', async () => {
  const { server, ok } = startTestServer();
  await ok('POST', accounts, account);
  const { status } = await ok<TokenAnswer>('POST', `${accounts}/robot/token`, {});
  const again = startTestServer({ snapshot: server.storage.snapshot(), random: seededRandom(2) });
  assert.equal(again.server.authenticate(status.token)?.name, 'system:serviceaccount:default:robot');
  assert.equal(startTestServer({ random: seededRandom(3) }).server.authenticate(status.token), undefined);
});

test('a TokenReview tells whose token it is, for its audience alone', async () => {
  const { ok } = startTestServer();
  await ok('POST', accounts, account);
  const { status } = await ok<TokenAnswer>('POST', `${accounts}/robot/token`, { spec: { audiences: ['shop'] } });
  const path = '/apis/authentication.k8s.io/v1/tokenreviews';
  type Review = { status: { authenticated?: boolean; user: { username?: string }; error?: string } };
  const good = await ok<Review>('POST', path, { spec: { token: status.token, audiences: ['shop'] } });
  assert.deepEqual(
    [good.status.authenticated, good.status.user.username],
    [true, 'system:serviceaccount:default:robot'],
  );
  const elsewhere = await ok<Review>('POST', path, { spec: { token: status.token } });
  assert.deepEqual(elsewhere.status, { user: {}, error: '[invalid bearer token]' });
});
