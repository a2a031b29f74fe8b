import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CredentialsError } from './cluster-access.ts';
import { type ClusterFlags, type Environment, loadClusterAccess } from './kubeconfig.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-kubeconfig-'));
after(() => rmSync(folder, { recursive: true }));
const nowhere: Environment = { HOME: join(folder, 'no-home') };

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const config = write(
  'config',
  `apiVersion: v1
kind: Config
current-context: one
contexts:
- name: one
  context: {cluster: c1, user: token, namespace: team}
- name: basic
  context: {cluster: c2, user: basic}
- name: nobody
  context: {cluster: c1, user: missing}
- name: lost
  context: {cluster: missing, user: token}
- name: file
  context: {cluster: c1, user: file}
- name: exec
  context: {cluster: c1, user: exec}
- name: as
  context: {cluster: c1, user: as}
- name: anonymous
  context: {cluster: c1}
clusters:
- name: c1
  cluster: {server: "https://one.example:6443/", certificate-authority-data: ${Buffer.from('ca').toString('base64')}}
- name: c2
  cluster: {server: "http://two.example:8080", insecure-skip-tls-verify: true, tls-server-name: inner}
users:
- name: token
  user: {token: abc}
- name: basic
  user: {username: me, password: secret}
- name: file
  user: {tokenFile: token-file}
- name: exec
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./login
- name: as
  user: {token: abc, as: boss, as-groups: [a, b], as-uid: "7"}
`,
);

async function load(flags: ClusterFlags, env: Environment = nowhere) {
  const access = await loadClusterAccess(flags, env);
  return { access, credentials: await access.credentials() };
}

async function problem(flags: ClusterFlags, env: Environment = nowhere): Promise<string> {
  try {
    await load(flags, env);
  } catch (error) {
    assert.ok(error instanceof CredentialsError, String(error));
    assert.ok(!error.message.includes('\n'), error.message);
    return error.message;
  }
  return assert.fail('it should have failed');
}

test('takes the current context: server, namespace, token and authority', async () => {
  const { access, credentials } = await load({ kubeconfig: config });
  assert.deepEqual([access.server, access.namespace, access.context], ['https://one.example:6443', 'team', 'one']);
  assert.deepEqual(credentials.headers, { authorization: 'Bearer abc' });
  assert.equal(credentials.tls.ca?.toString(), 'ca');
});

test('takes another context, with basic authentication and its TLS settings', async () => {
  const { access, credentials } = await load({ kubeconfig: config, context: 'basic' });
  assert.equal(access.server, 'http://two.example:8080');
  assert.equal(access.namespace, undefined);
  assert.deepEqual(credentials.headers, { authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` });
  assert.deepEqual([credentials.tls.rejectUnauthorized, credentials.tls.servername], [false, 'inner']);
});

test('a context without a user is anonymous, but knows its authority', async () => {
  const { credentials } = await load({ kubeconfig: config, context: 'anonymous' });
  assert.deepEqual(credentials.headers, {});
  assert.equal(credentials.tls.ca?.toString(), 'ca');
});

test('flags override what the file says', async () => {
  const { access, credentials } = await load({
    kubeconfig: config,
    cluster: 'c2',
    token: 'other',
    as: 'robot',
    asGroups: ['x', 'y'],
    tlsServerName: 'named',
  });
  assert.equal(access.server, 'http://two.example:8080');
  assert.deepEqual(credentials.headers, {
    authorization: 'Bearer other',
    'impersonate-user': 'robot',
    'impersonate-group': ['x', 'y'],
  });
  assert.equal(credentials.tls.servername, 'named');
});

test('impersonation in the file counts, with groups and uid', async () => {
  const { credentials } = await load({ kubeconfig: config, context: 'as' });
  assert.equal(credentials.headers['impersonate-user'], 'boss');
  assert.deepEqual(credentials.headers['impersonate-group'], ['a', 'b']);
  assert.equal(credentials.headers['impersonate-uid'], '7');
});

test('a server and a token are enough without any file', async () => {
  const { access, credentials } = await load({
    server: 'https://three.example',
    token: 't',
    insecureSkipTlsVerify: true,
  });
  assert.equal(access.server, 'https://three.example');
  assert.deepEqual(credentials.headers, { authorization: 'Bearer t' });
  assert.equal(credentials.tls.rejectUnauthorized, false);
});

test('KUBECONFIG may name several files: the first that has a name counts, missing ones are left out', async () => {
  const second = write(
    'second',
    'current-context: two\ncontexts: [{name: two, context: {cluster: c1, user: token}}]\n' +
      'clusters: [{name: c1, cluster: {server: "https://shadowed.example"}}]\nusers: []\n',
  );
  const env = { ...nowhere, KUBECONFIG: [join(folder, 'missing'), config, second].join(':') };
  const first = await load({}, env);
  assert.deepEqual([first.access.context, first.access.server], ['one', 'https://one.example:6443']);
  const other = await load({ context: 'two' }, env);
  assert.equal(other.access.server, 'https://one.example:6443');
});

test('~/.kube/config is the last resort', async () => {
  mkdirSync(join(folder, 'home', '.kube'), { recursive: true });
  write(
    'home/.kube/config',
    'current-context: h\ncontexts: [{name: h, context: {cluster: h}}]\nclusters: [{name: h, cluster: {server: "https://home.example"}}]\n',
  );
  const { access } = await load({}, { HOME: join(folder, 'home') });
  assert.equal(access.server, 'https://home.example');
});

test('a token file is read, beside the kubeconfig, and read again when it has changed', async () => {
  const path = write('token-file', 'first\n');
  utimesSync(path, 1_000, 1_000);
  const { access, credentials } = await load({ kubeconfig: config, context: 'file' });
  assert.equal(credentials.headers.authorization, 'Bearer first');
  writeFileSync(path, 'second\n');
  assert.equal(await access.refresh(), true);
  assert.equal((await access.credentials()).headers.authorization, 'Bearer second');
});

test('an exec plugin beside the kubeconfig gives the token', async () => {
  const path = write('login', `#!/bin/sh\necho '{"kind":"ExecCredential","status":{"token":"from-exec"}}'\n`);
  chmodSync(path, 0o700);
  const { credentials } = await load({ kubeconfig: config, context: 'exec' });
  assert.equal(credentials.headers.authorization, 'Bearer from-exec');
  writeFileSync(path, '#!/bin/sh\necho please log in >&2\nexit 1\n');
  assert.match(
    await problem({ kubeconfig: config, context: 'exec' }),
    /^the credentials of user "exec" in the kubeconfig .*config cannot be had: please log in$/,
  );
});

test('an expired client certificate is told before the server breaks the handshake off', async () => {
  await import('reflect-metadata');
  const { X509CertificateGenerator } = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=old',
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2020-02-01T00:00:00Z'),
    signingAlgorithm: algorithm,
    keys,
  });
  const clientCertificate = write('expired.pem', certificate.toString('pem'));
  assert.match(
    await problem({ kubeconfig: config, clientCertificate, clientKey: config }),
    /^the client certificate of user "token" in .* expired on 2020-02-01T00:00:00.000Z$/,
  );
});

test('every mistake is one clear line', async () => {
  const missing = join(folder, 'missing');
  assert.equal(await problem({ kubeconfig: missing }), `the kubeconfig ${missing} (from --kubeconfig) does not exist`);
  assert.equal(
    await problem({}, { ...nowhere, KUBECONFIG: missing }),
    `the kubeconfig ${missing} (from KUBECONFIG) does not exist`,
  );
  assert.equal(
    await problem({ kubeconfig: folder }),
    `the kubeconfig ${folder} (from --kubeconfig) is a folder, not a file`,
  );
  assert.match(await problem({}), /^no cluster to talk to: /);
  assert.match(await problem({ kubeconfig: write('broken', 'a: [1\nb: 2\n') }), /broken is not valid YAML: line \d+: /);
  assert.match(await problem({ kubeconfig: write('empty', '') }), /empty is empty$/);
  assert.match(await problem({ kubeconfig: write('text', 'hello') }), /text is no kubeconfig: a mapping was expected$/);
  assert.match(await problem({ kubeconfig: write('list', 'clusters: 5') }), /"clusters" must be a list$/);
  assert.match(await problem({ kubeconfig: write('unnamed', 'users: [{user: {}}]') }), /users\[0\] has no name$/);
  assert.match(
    await problem({ kubeconfig: config, context: 'x' }),
    /^context "x" does not exist in .*contexts there: one, basic/,
  );
  assert.match(await problem({ kubeconfig: write('none', 'contexts: []') }), /^no context is chosen: /);
  assert.match(
    await problem({ kubeconfig: config, context: 'nobody' }),
    /^user "missing" of context "nobody" does not exist/,
  );
  assert.match(
    await problem({ kubeconfig: config, context: 'lost' }),
    /^cluster "missing" of context "lost" does not exist/,
  );
  assert.match(await problem({ server: 'localhost:8080' }), /^"localhost:8080" is no address of an API server/);
  assert.match(await problem({ kubeconfig: config, asGroups: ['x'] }), /--as is missing$/);
  assert.match(
    await problem({ kubeconfig: config, certificateAuthority: missing }),
    /^the credentials of user "token" .* cannot be had: ENOENT/,
  );
  assert.match(
    await problem({ kubeconfig: config, clientCertificate: write('cert', 'no certificate'), clientKey: config }),
    /^the client certificate of user "token" in .* is unreadable: /,
  );
});

test('a file without the right to read it says so', {
  skip: process.getuid?.() === 0 && 'root may read everything',
}, async () => {
  const path = write('locked', '');
  chmodSync(path, 0);
  assert.match(await problem({ kubeconfig: path }), /cannot be read: permission denied$/);
});
