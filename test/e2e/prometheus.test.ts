// Analysis with a real Prometheus: it scrapes the proxy of the sandbox, and three canaries are judged by what it answers.
// One is good and is promoted; one fails 5 % of its requests and one is slow: both are aborted, with the measured value,
// the condition and the query in the message. Skipped where `prometheus` is not installed.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  endProgram,
  eventually,
  freePort,
  isInstalled,
  keepSending,
  kubectlMissing,
  openCluster,
  root,
  type TestCluster,
} from './cluster.ts';

const skip = !isInstalled('prometheus')
  ? 'prometheus is not installed'
  : process.env.SLIPWAY_TEST_KUBECONFIG !== undefined
    ? "the proxy's metrics are those of the sandbox"
    : (kubectlMissing() ?? false);
let cluster: TestCluster;
let folder = '';
let server: ChildProcess | undefined;
let address = '';

before(async () => {
  if (skip !== false) return;
  cluster = await openCluster('prometheus');
  folder = mkdtempSync(join(tmpdir(), 'slipway-prometheus-'));
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  const target = new URL(cluster.prometheus ?? '').host;
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `scrape_configs: [{job_name: proxy, scrape_interval: 1s, static_configs: [{targets: ['${target}']}]}]\n`,
  );
  const flags = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  server = spawn('prometheus', flags, { stdio: 'ignore' });
  await eventually('the real Prometheus scrapes', async () => {
    const { data } = await query('up{job="proxy"}');
    return data.result[0]?.value[1] === '1' ? true : undefined;
  });
});
after(async () => {
  if (server !== undefined) await endProgram(server);
  await cluster?.stop();
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
});

async function query(text: string): Promise<{ data: { result: { value: [number, string] }[] } }> {
  const response = await fetch(`${address}/api/v1/query?${new URLSearchParams({ query: text })}`);
  return (await response.json()) as { data: { result: { value: [number, string] }[] } };
}

/** The example with a host and a name of its own, quicker, and asking the real Prometheus. */
function manifest(name: string): string {
  return readFileSync(join(root, 'examples/canary-analysis.yaml'), 'utf8')
    .replace('name: prometheus\n    value: ""', `name: prometheus\n    value: ${address}`)
    .replaceAll('success-and-latency', `${name}-analysis`)
    .replaceAll(/rollouts-demo(?!:)/g, name)
    .replaceAll(`argoproj/${name}`, 'argoproj/rollouts-demo')
    .replace('  - http:\n      paths', `  - host: ${name}.example\n    http:\n      paths`)
    .replace('value: 20s', 'value: 10s')
    .replaceAll('interval: 5s', 'interval: 2s')
    .replace('replicas: 5', 'replicas: 2')
    .replace(/setWeight: 10[\s\S]*?(?= {2}selector:)/, 'setWeight: 50\n      - pause: {duration: 25s}\n');
}

interface Verdict {
  readonly phase: string;
  readonly message: string;
  readonly isStable: boolean;
}

async function decided(name: string): Promise<Verdict> {
  return eventually(
    `${name} is decided`,
    async () => {
      const { status } = JSON.parse(await cluster.ok('kubectl', 'get', 'rollout', name, '-o', 'json'));
      const isStable = status.stableRS === status.currentPodHash;
      if (!(status.phase === 'Degraded' || (status.phase === 'Healthy' && isStable))) return undefined;
      return { phase: status.phase, message: status.message ?? '', isStable };
    },
    90_000,
  );
}

/** What is updated is the environment of the container alone. */
async function update(name: string, env: object): Promise<Verdict> {
  const container = {
    name,
    image: 'argoproj/rollouts-demo:yellow',
    env: [env],
    ports: [{ name: 'http', containerPort: 8080 }],
  };
  const patch = JSON.stringify({ spec: { template: { spec: { containers: [container] } } } });
  await cluster.ok('kubectl', 'patch', 'rollout', name, '--type=merge', '-p', patch);
  await eventually(`${name} is updating`, async () => {
    const { metadata, status } = JSON.parse(await cluster.ok('kubectl', 'get', 'rollout', name, '-o', 'json'));
    return status.observedGeneration === String(metadata.generation) ? true : undefined;
  });
  return decided(name);
}

test('a real Prometheus promotes a good version, and aborts one with 5 % errors and a slow one', { skip }, async () => {
  const names = ['good', 'bad', 'slow'];
  for (const name of names) await cluster.run('kubectl', ['apply', '-f', '-'], { input: manifest(name) });
  for (const name of names) assert.equal((await decided(name)).phase, 'Healthy');
  const loads = names.flatMap((name) =>
    Array.from({ length: 3 }, () => keepSending(cluster.proxyPort ?? 0, `${name}.example`)),
  );
  try {
    const [good, bad, slow] = await Promise.all([
      update('good', { name: 'COLOUR', value: 'yellow' }),
      update('bad', { name: 'ERROR_RATE', value: '5' }),
      update('slow', { name: 'LATENCY', value: '1' }),
    ]);
    assert.deepEqual([good.phase, good.isStable], ['Healthy', true], good.message);
    for (const [{ phase, message, isStable }, metric, value, condition, asked] of [
      [
        bad,
        'success-rate',
        /\[0\.9\d+\] does not meet/,
        '>= 0.98',
        '1 - (sum(rate(slipway_proxy_requests_total{service="bad-canary"',
      ],
      [slow, 'p95-latency', /\[[0-9.]+\] does not meet/, '<= 0.5', 'histogram_quantile(0.95, sum by (le) ( rate('],
    ] as const) {
      assert.deepEqual([phase, isStable], ['Degraded', false]);
      assert.match(
        message,
        new RegExp(`Background analysis phase error/failed: Metric "${metric}" assessed Failed due to`),
      );
      assert.match(message, value);
      assert.ok(message.includes(condition) && message.includes(asked), message);
    }
    const runs = await cluster.ok('kubectl', 'get', 'analysisruns', '-o', 'json');
    const phases = JSON.parse(runs).items.map(({ status }: { status: { phase: string } }) => status.phase);
    assert.deepEqual(phases.toSorted(), ['Failed', 'Failed', 'Successful']);
    const tree = await cluster.ok('slipway', 'get', 'rollout', 'bad');
    assert.match(tree, /α bad-[a-z0-9]+-2 +AnalysisRun +✖ Failed +\d+s +✔ \d+,✖ \d/);
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
  }
});
