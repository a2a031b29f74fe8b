// Every manifest of examples/ runs: applied to an empty cluster it becomes Healthy, and so does an update of it that is
// promoted. Under the virtual clock; the pages that use them are held by test/e2e, what they decide by examples-decide.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingress } from '../controller/api/kubernetes-types.ts';
import type { Experiment, Rollout } from '../controller/api/types.generated.ts';
import {
  assertHealthy,
  exampleFiles,
  exampleText,
  get,
  rolloutPath,
  rolloutsOf,
  startExample,
} from './builders/running-example.ts';

const files = exampleFiles.filter((file) => file !== 'experiment.yaml');

test('the list of examples names each of them', () => {
  const listed = [...exampleText('README.md').matchAll(/^\| \[(\S+)\]\(\1\) \| /gm)].map(([, file]) => file);
  assert.deepEqual(listed.toSorted(), exampleFiles);
  assert.ok(files.length >= 10, `${files.length} files`);
});

for (const file of files) {
  test(`examples/${file} becomes Healthy, and so does its promoted update`, async () => {
    const names = rolloutsOf(exampleText(file));
    assert.ok(names.length > 0, 'it has a Rollout');
    const simulation = await startExample(file);
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
  const simulation = await startExample('canary-nginx.yaml');
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
    const simulation = await startExample('canary-analysis.yaml');
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
  const simulation = await startExample('experiment.yaml');
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
    const simulation = await startExample('canary-experiment.yaml');
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
    const simulation = await startExample('canary-nginx.yaml', (manifest) => {
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
