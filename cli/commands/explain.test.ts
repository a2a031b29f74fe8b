// `explain`: what is told, with whose rights, and what is not written (spec/cli.md §14.3, §15.42).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { FakeCluster, refusal } from '../../test/builders/fake-cluster.ts';
import { a, b, midway, pausedAtOne, routed, routedWorld, twenty, weights } from '../../test/builders/midway.ts';
import { start } from '../../test/builders/objects.ts';
import { type CliResult, runCli } from '../../test/builders/run-cli.ts';
import type { World } from '../../test/builders/world.ts';

const timed = { steps: [{ setWeight: 20 }, { pause: { duration: '15m' } }, { setWeight: 40 }] };

function paused(canary = timed): World {
  const counts = { stable: { replicas: 8 }, current: { replicas: 2 } };
  return midway({ canary, step: 1, ...counts, status: { ...pausedAtOne, observedGeneration: '1' } });
}

function clusterOf(world: World): FakeCluster {
  const objects = [world.rollout, ...world.replicaSets, ...world.services, ...world.ingresses];
  return new FakeCluster(objects as readonly KubernetesObject[]);
}

function explain(cluster: FakeCluster, argv: readonly string[] = []): Promise<CliResult> {
  return runCli(['explain', 'demo', ...argv], { transport: cluster, now: start });
}

test('§15.42 a timed pause: what it is, since when, until when, what comes then, what one can do', async () => {
  const { code, stdout, stderr } = await explain(clusterOf(paused()));
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(
    stdout,
    `demo (shop): Paused at step 2 of 3 (pause: 15m)
  since     2025-12-31T23:59:50Z (10s ago)
  waiting   Step 2 of 3 is a pause, ends 2026-01-01T00:14:50Z (in 14m50s)
  next      step 3: setWeight: 40
  you can   promote demo (ends the pause now)
            abort demo (back to stable)
            promote demo --full (skips what is left)
`,
  );
});

test('nothing is written', async () => {
  const cluster = clusterOf(paused());
  await explain(cluster);
  assert.deepEqual(
    cluster.requests.filter(({ verb }) => verb !== 'GET'),
    [],
  );
});

test('the reasons as data, in both formats, with their times as RFC 3339', async () => {
  const json = JSON.parse((await explain(clusterOf(paused()), ['-o', 'json'])).stdout);
  assert.deepEqual([json.apiVersion, json.kind, json.name], ['slipway.dev/v1', 'Explanation', 'demo']);
  const [reason] = json.reasons;
  assert.deepEqual([reason.code, reason.blocks, reason.data], ['pausedAtStep', 'step', { step: 2, steps: 3 }]);
  assert.deepEqual([reason.since, reason.until], ['2025-12-31T23:59:50Z', '2026-01-01T00:14:50Z']);
  const yaml = (await explain(clusterOf(paused()), ['-o', 'yaml'])).stdout;
  assert.match(yaml, /^ {4}until: '?2026-01-01T00:14:50Z'?$/m);
});

test('an indefinite pause has no end but a person', async () => {
  const { stdout } = await explain(clusterOf(paused({ steps: [{ setWeight: 20 }, { pause: {} }] } as never)));
  assert.match(stdout, /waiting {3}Step 2 of 2 is a pause\. It goes on after `slipway promote`\./);
  assert.match(stdout, /next {6}promotion: every step is done then/);
});

test('what the controller has still to do is said, and the traffic that it holds', async () => {
  const given = { canary: routed, step: 0, stable: { replicas: 10 }, current: { replicas: 2 }, status: weights(0) };
  const { stdout } = await explain(clusterOf(routedWorld(given, { canary: b, stable: a })));
  assert.match(stdout, /traffic {3}canary 0, stable 100/);
  assert.match(stdout, /next {6}the controller sets the traffic weights, updates the status/);
});

test('what may not be read is said, and is not taken for missing', async () => {
  const world = midway({
    canary: { ...twenty, stableService: 'stable', canaryService: 'canary' },
    stable: { replicas: 10 },
    current: { replicas: 0 },
  });
  const cluster = clusterOf(world);
  cluster.refuse = ({ path }) =>
    path.endsWith('/services') ? refusal(403, 'Forbidden', 'services is forbidden: no right') : undefined;
  const { stdout, stderr } = await explain(cluster);
  assert.equal(stderr, 'warning: services is forbidden: no right\n');
  assert.doesNotMatch(stdout, /not found/);
});

test('a rollout that is not there, a format that is none, and too many names', async () => {
  const cluster = new FakeCluster([]);
  const missing = await explain(cluster);
  assert.deepEqual([missing.code, missing.stderr], [1, 'Error: rollout.argoproj.io "demo" not found\n']);
  const format = await explain(clusterOf(paused()), ['-o', 'xml']);
  assert.deepEqual([format.code, format.stderr], [1, 'Error: unknown output format "xml": json or yaml\n']);
  assert.equal((await explain(cluster, ['more'])).code, 1);
});
