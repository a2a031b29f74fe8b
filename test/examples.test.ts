// Every manifest of examples/ runs: applied to an empty cluster it becomes Healthy, and so does an update of it that is
// promoted. Under the virtual clock; the pages that use them are held by test/e2e.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Ingress, KubernetesObject } from '../controller/api/kubernetes-types.ts';
import type { Experiment, Rollout } from '../controller/api/types.generated.ts';
import { parseYamlDocuments } from '../controller/lang/yaml.ts';
import { createSimulation, type Simulation, whileRunning } from '../sandbox/simulation.ts';
import { createKubectl } from './conformance/kubectl.ts';
import { runCli } from './conformance/run-trace.ts';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));
const files = globSync('**/*.yaml', { cwd: folder })
  .filter((file) => file !== 'experiment.yaml')
  .toSorted();

function rolloutsOf(manifest: string): string[] {
  const objects = parseYamlDocuments(manifest).map(({ value }) => value as KubernetesObject);
  return objects.filter(({ kind }) => kind === 'Rollout').map(({ metadata }) => metadata.name ?? '');
}

async function get<T>({ clock, transport }: Simulation, path: string): Promise<T> {
  return (await whileRunning(clock, transport.request({ verb: 'GET', path }))).body as T;
}

const rolloutPath = (name: string) => `/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/${name}`;

async function assertHealthy(simulation: Simulation, name: string): Promise<string> {
  const { status } = await get<Rollout>(simulation, rolloutPath(name));
  assert.equal(`${status?.phase} ${status?.message ?? ''}`.trim(), 'Healthy');
  assert.equal(status?.stableRS, status?.currentPodHash);
  return status?.stableRS ?? '';
}

async function started(
  file: string,
  adjust = (manifest: string) => manifest,
): Promise<Simulation & { readonly run: (command: string) => Promise<unknown> }> {
  const simulation = createSimulation({ prometheus: true });
  await simulation.start();
  const kubectl = createKubectl(simulation.transport, 'default');
  await whileRunning(simulation.clock, kubectl.apply(adjust(readFileSync(folder + file, 'utf8'))));
  await simulation.clock.runFor(60_000);
  const run = (command: string) => runCli(simulation, `kubectl argo rollouts ${command}`, 'default');
  return Object.assign(Object.create(simulation) as Simulation, { run });
}

test('there are examples', () => assert.ok(files.length >= 5, `${files.length} files`));

for (const file of files) {
  test(`examples/${file} becomes Healthy, and so does its promoted update`, async () => {
    const names = rolloutsOf(readFileSync(folder + file, 'utf8'));
    assert.ok(names.length > 0, 'it has a Rollout');
    const simulation = await started(file);
    for (const name of names) {
      const before = await assertHealthy(simulation, name);
      await simulation.run(`set image ${name} *=argoproj/rollouts-demo:yellow`);
      await simulation.clock.runFor(60_000);
      await simulation.run(`promote ${name} --full`);
      await simulation.clock.runFor(120_000);
      assert.notEqual(await assertHealthy(simulation, name), before);
    }
    await simulation.stop();
  });
}

test('examples/canary-nginx.yaml moves the weight of its canary Ingress', async () => {
  const simulation = await started('canary-nginx.yaml');
  const weight = async () => {
    const path = '/apis/networking.k8s.io/v1/namespaces/default/ingresses/rollouts-demo-rollouts-demo-canary';
    const { metadata } = await get<Ingress>(simulation, path);
    return metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'];
  };
  assert.equal(await weight(), '0');
  await simulation.run('set image rollouts-demo *=argoproj/rollouts-demo:yellow');
  await simulation.clock.runFor(60_000);
  assert.equal(await weight(), '10');
  await simulation.run('promote rollouts-demo');
  await simulation.clock.runFor(20_000);
  assert.equal(await weight(), '50');
  await simulation.clock.runFor(60_000);
  assert.equal(await weight(), '0');
  await assertHealthy(simulation, 'rollouts-demo');
  await simulation.stop();
});

for (const [tag, phase, why] of [
  ['yellow', 'Healthy', /^$/],
  [
    'bad-red',
    'Degraded',
    /"success-rate" assessed Failed .*\[0\.\d+\] does not meet .*result\[0\] >= 0\.98", query: 1 - /,
  ],
  [
    'slow-red',
    'Degraded',
    /"p95-latency" assessed Failed .*\[[12]\.\d+\] does not meet .*result\[0\] <= 0\.5", query: hist/,
  ],
] as const) {
  test(`examples/canary-analysis.yaml decides about ${tag} by itself, within a minute and a half`, async () => {
    const simulation = await started('canary-analysis.yaml');
    await simulation.startTraffic({ requestsPerSecond: 50, host: 'localhost', path: '/color' });
    await simulation.run(`set image rollouts-demo *=argoproj/rollouts-demo:${tag}`);
    await simulation.clock.runFor(90_000);
    const { status } = await get<Rollout>(simulation, rolloutPath('rollouts-demo'));
    assert.equal(status?.phase, phase, status?.message);
    assert.match(status?.message ?? '', why);
    assert.equal(status?.stableRS === status?.currentPodHash, phase === 'Healthy');
    // What comes next is not judged by what the one before it did.
    await simulation.run('set image rollouts-demo *=argoproj/rollouts-demo:green');
    await simulation.clock.runFor(90_000);
    await assertHealthy(simulation, 'rollouts-demo');
    await simulation.stop();
  });
}

test('examples/experiment.yaml runs to its end by itself', async () => {
  const simulation = await started('experiment.yaml');
  const path = '/apis/argoproj.io/v1alpha1/namespaces/default/experiments/compare';
  const { status } = await get<Experiment>(simulation, path);
  assert.equal(status?.phase, 'Successful', status?.message);
  assert.deepEqual(
    status?.templateStatuses?.map(({ name, replicas }) => `${name} ${replicas}`),
    ['purple 0', 'orange 0'],
  );
  await simulation.stop();
});

for (const [tag, phase, why] of [
  ['yellow', 'Healthy', /^$/],
  ['bad-red', 'Degraded', /Experiment analysis phase is error\/failed: Metric "difference" assessed Failed/],
] as const) {
  test(`examples/canary-experiment.yaml compares ${tag} before it begins, and loses no request`, async () => {
    const simulation = await started('canary-experiment.yaml');
    const load = await simulation.startTraffic({ requestsPerSecond: 100, host: 'localhost', path: '/color' });
    await simulation.run(`set image rollouts-demo *=argoproj/rollouts-demo:${tag}`);
    await simulation.clock.runFor(25_000);
    const { percent = 0 } = load.summary(15).byVersion[tag.replace('bad-', '')] ?? {};
    assert.ok(percent > 3 && percent < 7, `${percent} % go to the candidate`);
    await simulation.clock.runFor(120_000);
    const { status } = await get<Rollout>(simulation, rolloutPath('rollouts-demo'));
    assert.equal(status?.phase, phase, status?.message);
    assert.match(status?.message ?? '', why);
    assert.equal(status?.canary?.currentExperiment, undefined);
    // What a bad version answers is no loss; that nobody answers would be one.
    assert.deepEqual(
      load.lost.filter(({ why }) => why !== 'the pod answered 500'),
      [],
    );
    await simulation.stop();
  });
}

for (const isDynamic of [false, true]) {
  test(`behind NGINX no request is lost on the way to 100 % and beyond${isDynamic ? ', with dynamicStableScale too' : ''}`, async () => {
    const simulation = await started('canary-nginx.yaml', (manifest) => {
      const whole = manifest.replace('- setWeight: 50', '- setWeight: 100');
      return isDynamic ? whole.replace('    canary:\n', '    canary:\n      dynamicStableScale: true\n') : whole;
    });
    const load = await simulation.startTraffic({ requestsPerSecond: 40, host: 'localhost', propagationDelayMs: 500 });
    await simulation.run('set image rollouts-demo *=argoproj/rollouts-demo:yellow');
    await simulation.clock.runFor(120_000);
    const { percent = 0 } = load.summary(60).byVersion.yellow ?? {};
    assert.ok(percent > 5 && percent < 15, `${percent} % at weight 10`);
    await simulation.run('promote rollouts-demo');
    await simulation.clock.runFor(25_000);
    assert.equal(load.summary(10).byVersion.yellow?.percent, 100);
    await simulation.clock.runFor(120_000);
    await assertHealthy(simulation, 'rollouts-demo');
    assert.deepEqual(load.lost, []);
    assert.ok(load.summary(60).total > 10_000);
    await simulation.stop();
  });
}
