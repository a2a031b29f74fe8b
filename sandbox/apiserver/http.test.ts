import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiServerFront, startApiServerFront } from './http.ts';
import { configMap, configMaps, startTestServer } from './test-server.ts';

const { server } = startTestServer();
let front: ApiServerFront;

before(async () => {
  front = await startApiServerFront(server);
});
after(() => front.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

function ask(
  path: string,
  options: { method?: string; body?: string; headers?: Record<string, string>; anonymous?: boolean } = {},
): Promise<Answer> {
  const { method = 'GET', body, headers = {}, anonymous = false } = options;
  const credentials = anonymous ? {} : { authorization: `Bearer ${front.token}` };
  return new Promise((resolve, reject) => {
    const sent = request(
      front.url + path,
      { method, ca: front.ca, servername: 'localhost', headers: { ...credentials, ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

test('the certificate is trusted through its own authority, the token is the administrator', async () => {
  const created = await ask(configMaps, {
    method: 'POST',
    body: JSON.stringify(configMap('over-http', { k: 'v' })),
    headers: { 'content-type': 'application/json', 'user-agent': 'kubectl/v1.36.0 (linux)' },
  });
  assert.equal(created.status, 201);
  assert.equal(JSON.parse(created.text).metadata.managedFields[0].manager, 'kubectl');
});

test('YAML is answered to who asks for it first, also where something is refused', async () => {
  const yaml = { accept: 'application/yaml, application/json' };
  await ask(configMaps, {
    method: 'POST',
    body: JSON.stringify(configMap('as-yaml', { k: 'yes' })),
    headers: { 'content-type': 'application/json' },
  });
  const found = await ask(`${configMaps}/as-yaml`, { headers: yaml });
  assert.equal(found.headers['content-type'], 'application/yaml');
  assert.match(found.text, /^apiVersion: v1\ndata:\n {2}k: 'yes'\nkind: ConfigMap\n/);
  const missing = await ask(`${configMaps}/nobody`, { headers: yaml });
  assert.match(missing.text, /^kind: Status\n|\nkind: Status\n/);
  const plain = await ask(`${configMaps}/as-yaml`, { headers: { accept: 'application/json, application/yaml' } });
  assert.equal(plain.headers['content-type'], 'application/json');
  const watch = await ask(`${configMaps}?watch=true`, { headers: { accept: 'application/yaml' } });
  assert.equal(watch.status, 406);
});

test('the server is the Service `kubernetes`, and its authority comes with the tokens of service accounts', async () => {
  const read = async (path: string) => JSON.parse((await ask(path)).text);
  const { spec } = await read('/api/v1/namespaces/default/services/kubernetes');
  assert.deepEqual([spec.clusterIP, spec.ports[0].port, spec.ports[0].targetPort], ['10.96.0.1', 443, front.port]);
  const slice = await read('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes');
  assert.deepEqual([slice.endpoints[0].addresses, slice.ports[0].port], [['127.0.0.1'], front.port]);
  const post = async (plural: string, body: object) =>
    JSON.parse(
      (await ask(`/api/v1/namespaces/default/${plural}`, { method: 'POST', body: JSON.stringify(body) })).text,
    );
  await post('serviceaccounts', { metadata: { name: 'robot' } });
  const { data } = await post('secrets', {
    metadata: { name: 'token', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
    type: 'kubernetes.io/service-account-token',
  });
  assert.equal(Buffer.from(data['ca.crt'], 'base64').toString(), front.ca);
});

test('without a token one may only ask for health; an unknown token is nobody', async () => {
  assert.equal((await ask(configMaps, { anonymous: true })).status, 403);
  assert.equal((await ask('/apis', { anonymous: true })).status, 403);
  assert.equal((await ask('/readyz', { anonymous: true })).text, 'ok');
  const unknown = await ask('/readyz', { anonymous: true, headers: { authorization: 'Bearer guess' } });
  assert.deepEqual([unknown.status, JSON.parse(unknown.text).reason], [401, 'Unauthorized']);
});

test('a web page cannot talk to it: any Origin and any foreign Host is refused, even with the token', async () => {
  assert.equal((await ask('/readyz', { headers: { origin: 'http://localhost' } })).status, 403);
  assert.equal((await ask('/readyz', { headers: { host: 'rebound.example:443' } })).status, 403);
  assert.equal((await ask('/readyz', { headers: { host: `localhost:${front.port}` } })).status, 200);
});

test('a watch streams one frame a line and ends cleanly', async () => {
  const body = JSON.stringify(configMap('lines', { k: 'a\u2028b' }));
  await ask(configMaps, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const watched = ask(`${configMaps}?watch=true&fieldSelector=metadata.name%3Dlines`);
  // The virtual clock does not end it: the server's end does.
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.close();
  const { status, text, headers } = await watched;
  assert.deepEqual([status, headers['transfer-encoding']], [200, 'chunked']);
  assert.match(text, /a\\u2028b/);
  const lines = text.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).type),
    ['ADDED'],
  );
});

test('garbage gets a Status, a body too large 413, and the server goes on', async () => {
  const headers = { 'content-type': 'application/json' };
  const garbage = await ask(configMaps, { method: 'POST', body: '{not json', headers });
  assert.deepEqual([garbage.status, JSON.parse(garbage.text).kind], [400, 'Status']);
  const large = await ask(configMaps, { method: 'POST', body: 'x'.repeat(4 * 1024 * 1024), headers });
  assert.equal(large.status, 413);
  assert.equal((await ask('/healthz')).status, 200);
});

test('warnings are headers of their own', async () => {
  const body = JSON.stringify({ ...configMap('warned'), odd: 1, other: 2 });
  const { headers } = await ask(`${configMaps}?dryRun=All`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(headers.warning, '299 - "unknown field \\"odd\\"", 299 - "unknown field \\"other\\""');
});

test('a port that is taken is said to be', async () => {
  await assert.rejects(startApiServerFront(server, { port: front.port, tls: false }), {
    message: `port ${front.port} of 127.0.0.1 is already taken`,
  });
});

test('the kubeconfig can be read by its owner alone and is replaced in one step', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-kubeconfig-'));
  try {
    const path = join(folder, 'below', 'kubeconfig');
    front.writeKubeconfig(path);
    front.writeKubeconfig(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { clusters, users } = JSON.parse(readFileSync(path, 'utf8'));
    assert.equal(clusters[0].cluster.server, front.url);
    assert.equal(Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64').toString(), front.ca);
    assert.equal(users[0].user.token, front.token);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('plain HTTP only on request', async () => {
  const plain = await startApiServerFront(server, { tls: false });
  try {
    assert.match(plain.url, /^http:/);
    const status = await new Promise((resolve, reject) => {
      plainRequest(`${plain.url}/healthz`, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    assert.equal(status, 200);
  } finally {
    await plain.close();
  }
});

test('a watcher that does not read is cut, so that the server need not keep everything for it', async () => {
  const { server: fresh } = startTestServer();
  const narrow = await startApiServerFront(fresh, { tls: false, watchBacklogBytes: 64 * 1024 });
  try {
    const wasCut = new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${narrow.token}` };
      plainRequest(`${narrow.url}${configMaps}?watch=true`, { headers }, (response) => {
        response.pause();
        response.on('error', resolve);
        fill().catch(reject);
      }).end();
    });
    const fill = async (): Promise<void> => {
      for (let index = 0; index < 40; index++) {
        await fresh.handle({
          method: 'POST',
          path: configMaps,
          body: configMap(`big-${index}`, { k: 'x'.repeat(500_000) }),
        });
      }
    };
    assert.match(String(await wasCut), /aborted|ECONNRESET/);
  } finally {
    await narrow.close();
  }
});
