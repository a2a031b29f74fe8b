import assert from 'node:assert/strict';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
import { realClock } from '../clock.ts';
import { seededRandom } from '../random.ts';
import { createHttpRuntime } from './http-runtime.ts';
import type { PodProcess, PodRuntime } from './runtime.ts';
import type { PodScript } from './script.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function makePod(containers: readonly Container[]): Pod {
  const labels = { 'rollouts-pod-template-hash': '647fdb4dfc' };
  return { metadata: { name: 'web-1', namespace: 'default', labels }, spec: { containers } };
}

function ask(runtime: PodRuntime, port: number, path: string, agent?: Agent): Promise<Answer> {
  const address = runtime.address('10.244.0.2', port);
  assert.ok(address, `nothing listens on port ${port}`);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...address, path, ...(agent && { agent }) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on('error', reject).end();
  });
}

async function withPod(
  containers: readonly Container[],
  use: (runtime: PodRuntime, process: PodProcess, lines: string[]) => Promise<void>,
  script: PodScript = {},
): Promise<void> {
  const runtime = createHttpRuntime({ random: seededRandom(1), clock: realClock() });
  const lines: string[] = [];
  const log = (container: string, line: string): void => void lines.push(`${container}: ${line}`);
  const process = await runtime.start(makePod(containers), { podIP: '10.244.0.2', script, log, ended: () => {} });
  try {
    await use(runtime, process, lines);
  } finally {
    await process.stop();
  }
}

const demo = { name: 'demo', image: 'argoproj/rollouts-demo:blue', ports: [{ name: 'http', containerPort: 8080 }] };

test('the demo answers with its colour, and every answer says who gave it', () =>
  withPod([demo], async (runtime, _process, lines) => {
    const { status, headers, body } = await ask(runtime, 8080, '/color?x=1');
    assert.deepEqual([status, JSON.parse(body)], [200, 'blue']);
    assert.equal(headers['x-slipway-pod'], 'web-1');
    assert.equal(headers['x-slipway-image'], 'argoproj/rollouts-demo:blue');
    assert.equal(headers['x-slipway-version'], 'blue');
    assert.equal(headers['x-slipway-pod-template-hash'], '647fdb4dfc');
    assert.deepEqual(lines, ['demo: rollouts-demo: serving blue', 'demo: GET /color?x=1 200']);
  }));

test('the demo has a page that asks for /color', () =>
  withPod([demo], async (runtime) => {
    const { status, headers, body } = await ask(runtime, 8080, '/');
    assert.deepEqual([status, headers['content-type']], [200, 'text/html; charset=utf-8']);
    assert.match(body, /fetch\('color'/);
    assert.equal((await ask(runtime, 8080, '/nowhere')).status, 404);
  }));

test('who declares no port listens on any that nobody else of the pod has; who declares one, there and where it is probed', () => {
  const ports = [{ containerPort: 9000 }];
  const readinessProbe = { tcpSocket: { port: 9001 } };
  const containers = [
    { name: 'free', image: 'a:1' },
    { name: 'bound', image: 'b:1', ports, readinessProbe },
  ];
  const imageAt = async (runtime: PodRuntime, port: number) =>
    (await ask(runtime, port, '/')).headers['x-slipway-image'];
  return withPod(containers, async (runtime) => {
    assert.deepEqual(await Promise.all([80, 3000, 9000, 9001].map((port) => imageAt(runtime, port))), [
      ...['a:1', 'a:1'],
      ...['b:1', 'b:1'],
    ]);
    await withPod(containers.slice(1), async (alone) => assert.equal(alone.address('10.244.0.2', 3000), undefined));
  });
});

test('a bad image fails for about half of the requests, still naming its colour', () =>
  withPod([{ ...demo, image: 'argoproj/rollouts-demo:bad-red' }], async (runtime) => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(runtime, 8080, '/color')));
    const failed = answers.filter(({ status }) => status === 500);
    assert.ok(failed.length > 30 && failed.length < 70, `${failed.length} of 100`);
    assert.ok(answers.every(({ body }) => JSON.parse(body) === 'red'));
  }));

test('the demo image obeys ERROR_RATE and LATENCY', () => {
  const env = [
    { name: 'ERROR_RATE', value: '100' },
    { name: 'LATENCY', value: '0.05' },
  ];
  return withPod([{ ...demo, env }], async (runtime) => {
    const startedAt = performance.now();
    assert.equal((await ask(runtime, 8080, '/color')).status, 500);
    assert.ok(performance.now() - startedAt >= 45);
  });
});

test('any other image answers 200 and says who it is, each container on its own port', () => {
  const containers = [
    { name: 'app', image: 'team/app:v7', ports: [{ containerPort: 3000 }] },
    { name: 'sidecar', image: 'team/proxy:v1', ports: [{ containerPort: 9000 }] },
  ];
  return withPod(containers, async (runtime) => {
    const { status, headers, body } = await ask(runtime, 3000, '/any/path');
    assert.deepEqual([status, headers['x-slipway-version']], [200, 'v7']);
    assert.deepEqual(JSON.parse(body), {
      pod: 'web-1',
      namespace: 'default',
      image: 'team/app:v7',
      method: 'GET',
      path: '/any/path',
    });
    assert.equal((await ask(runtime, 9000, '/')).headers['x-slipway-image'], 'team/proxy:v1');
    assert.equal(runtime.address('10.244.0.2', 8080), undefined);
  });
});

test('an image without declared ports is reached on 80 and 8080', () =>
  withPod([{ name: 'app', image: 'nginx' }], async (runtime) => {
    assert.deepEqual([(await ask(runtime, 80, '/')).status, (await ask(runtime, 8080, '/')).status], [200, 200]);
  }));

test('a script makes any image fail', () =>
  withPod(
    [{ name: 'app', image: 'nginx' }],
    async (runtime) => assert.equal((await ask(runtime, 80, '/')).status, 500),
    { errorShare: 1 },
  ));

test('a draining pod serves on but ends its connections; a stopped one is not there any more', async () => {
  const agent = new Agent({ keepAlive: true });
  await withPod([demo], async (runtime, process) => {
    const before = await ask(runtime, 8080, '/color', agent);
    assert.equal(before.headers.connection, 'keep-alive');
    process.drain();
    const after = await ask(runtime, 8080, '/color', agent);
    assert.deepEqual([after.status, after.headers.connection], [200, 'close']);
    await process.stop();
    assert.equal(runtime.address('10.244.0.2', 8080), undefined);
  });
  agent.destroy();
});

test('a request in flight when the pod stops is still answered', () =>
  withPod([{ ...demo, env: [{ name: 'LATENCY', value: '0.1' }] }], async (runtime, process) => {
    const slow = ask(runtime, 8080, '/color');
    await ask(runtime, 8080, '/');
    const [answer] = await Promise.all([slow, process.stop()]);
    assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, 'blue']);
  }));
