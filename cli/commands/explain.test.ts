// `explain`: what is told, with whose rights, and what is not written (spec/cli.md §14.3, §15.42).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { FakeCluster, refusal } from '../../test/builders/fake-cluster.ts';
import { a, b, midway, pausedAtOne, routed, routedWorld, twenty, weights } from '../../test/builders/midway.ts';
import { at, pod, start } from '../../test/builders/objects.ts';
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

test('what was not yet asked of the cluster, it is not told to be late with', async () => {
  const given = { canary: { ...timed, stableMetadata: { labels: { role: 'stable' } } }, step: 1 };
  const counts = { stable: { replicas: 8 }, current: { replicas: 2 } };
  const { stdout } = await explain(clusterOf(midway({ ...given, ...counts, status: pausedAtOne })));
  assert.match(stdout, /next {6}the controller .*updates ReplicaSet demo-/);
  assert.doesNotMatch(stdout, /has not yet acted/);
});

test('another Rollout that sets the weights of the same Service is named', async () => {
  const given = { canary: routed, step: 0, stable: { replicas: 10 }, current: { replicas: 2 } };
  const world = routedWorld(given, { canary: b, stable: a });
  const cluster = clusterOf(world);
  const [shared] = world.ingresses;
  const books = {
    'rollouts.argoproj.io/managed-alb-annotations': '{"other":["alb.ingress.kubernetes.io/actions.root"]}',
  };
  const annotations = { ...shared?.metadata.annotations, ...books };
  cluster.put({ ...shared, metadata: { ...shared?.metadata, annotations } } as KubernetesObject);
  const { metadata } = world.rollout;
  cluster.put({ ...world.rollout, metadata: { ...metadata, name: 'other', uid: 'u2' } } as KubernetesObject);
  const { stdout } = await explain(cluster);
  assert.match(stdout, /the weights of service `root` in ingress `demo` are set by Rollout `other`/);
});

test('what an aborted update says of itself is told once, and what kind of trouble it is', async () => {
  const message =
    'Rollout aborted update to revision 2: Step-based analysis phase error/failed: Metric "rate" assessed Failed';
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'RolloutAborted', message }];
  const status = { abort: true, abortedAt: at(-40), phase: 'Degraded', message: `RolloutAborted: ${message}` };
  const aborted = midway({
    canary: twenty,
    stable: { replicas: 10 },
    current: { replicas: 0 },
    status: { ...status, conditions: conditions as never, observedGeneration: '1' },
  });
  const { stdout } = await explain(clusterOf(aborted));
  assert.match(stdout, /^demo \(shop\): Degraded \(RolloutAborted\)(?: at .*)?\n {2}since/);
  assert.equal(stdout.split(message).length, 2);
});

const stuck = { canary: twenty, stable: { replicas: 8 }, current: { replicas: 2, available: 0, actual: 2 } };

function warning(of: KubernetesObject, reason: string, message: string, seconds: number, count = 1): KubernetesObject {
  const event = { type: 'Warning', reason, message, count, involvedObject: { uid: of.metadata.uid } };
  const metadata = { name: `${reason}-${seconds}`, namespace: 'shop' };
  return { apiVersion: 'v1', kind: 'Event', metadata, lastTimestamp: at(seconds), ...event } as KubernetesObject;
}

function inPhase(of: Pod, phase: string, status: object): Pod {
  const merged = { ...of, status: { ...of.status, phase, ...status } };
  return { apiVersion: 'v1', kind: 'Pod', ...merged } as Pod;
}

test('pods that keep a step waiting are told by what they do, with the words of the first of each', async () => {
  const world = midway(stuck);
  const cluster = clusterOf(world);
  const of = world.replicaSets[1]!;
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "demo:b"' };
  const pulling = { containerStatuses: [{ name: 'demo', ready: false, state: { waiting } }] };
  cluster.put(inPhase(pod('pulls-1', { of, ready: false }), 'Pending', pulling));
  cluster.put(inPhase(pod('pulls-2', { of, ready: false }), 'Pending', pulling));
  const crash = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
  const crashing = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: crash, name: 'demo', ready: false };
  cluster.put(inPhase(pod('crashes', { of, ready: false }), 'Running', { containerStatuses: [crashing] }));
  const nowhere = { type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' };
  cluster.put(inPhase(pod('nowhere', { of, ready: false }), 'Pending', { conditions: [nowhere] }));
  const running = { containerStatuses: [{ name: 'demo', ready: false, state: { running: {} } }] };
  const unready = inPhase(pod('unready', { of, ready: false }), 'Running', running);
  cluster.put(unready);
  cluster.put(warning(unready, 'Unhealthy', 'Readiness probe failed: 503', -5, 7));
  cluster.put(inPhase(pod('fine', { of: world.replicaSets[0]! }), 'Running', {}));
  const goes = inPhase(pod('goes', { of, ready: false }), 'Running', {});
  cluster.put({ ...goes, metadata: { ...goes.metadata, deletionTimestamp: at(-1) } });
  const { stdout } = await explain(cluster);
  const told = [...stdout.matchAll(/Pod (.+?)\. It ends when/g)].map(([, line]) => line);
  assert.deepEqual(told, [
    'pulls-1 (and 1 more) is ImagePullBackOff: Back-off pulling image "demo:b"',
    'crashes is CrashLoopBackOff: the last try ended with exit code 137 (OOMKilled)',
    'nowhere is Pending: 0/3 nodes are available',
    'unready is Running, but not ready: Readiness probe failed: 503',
  ]);
});

test('a budget that allows no eviction is named', async () => {
  const world = midway({ ...stuck, spec: { restartAt: at(-10) }, current: { replicas: 2 } });
  const cluster = clusterOf(world);
  const [first] = world.replicaSets;
  cluster.put(inPhase(pod('old', { of: first! }), 'Running', {}));
  const budget = (name: string, disruptionsAllowed: number, app: string): KubernetesObject => ({
    ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace: 'shop' } },
    ...{ spec: { selector: { matchLabels: { app } } } },
    ...{ status: { disruptionsAllowed, currentHealthy: 10, desiredHealthy: 10 } },
  });
  for (const other of [budget('loose', 1, 'demo'), budget('others', 0, 'other')]) cluster.put(other);
  assert.doesNotMatch((await explain(cluster)).stdout, /PodDisruptionBudget/);
  cluster.put(budget('strict', 0, 'demo'));
  const { stdout } = await explain(cluster);
  assert.match(
    stdout,
    /Pod old is not evicted: PodDisruptionBudget strict allows no eviction \(it wants 10 healthy pods, and there are 10\)/,
  );
  assert.doesNotMatch(stdout, /the controller evicts/);
});

test('a controller that does nothing is noticed after half a minute, and what it warned of is told', async () => {
  const world = midway({ canary: twenty, stable: { replicas: 10 }, current: { replicas: 0 } });
  const { rollout } = world;
  const cluster = clusterOf({
    ...world,
    rollout: { ...rollout, metadata: { ...rollout.metadata, creationTimestamp: at(-90) } },
  });
  cluster.put(warning(rollout, 'ReconciliationError', 'replicasets.apps is forbidden', -60, 3));
  cluster.put(warning(rollout, 'TrafficRoutingError', 'long over', -7200));
  cluster.put(warning(rollout, 'AnalysisRunRunning', "AnalysisRun 'a' transitioned from Pending -> Running", -50));
  const { stdout } = await explain(cluster);
  assert.match(stdout, /The controller does not do what is next \(1 write\)\. See that it runs/);
  assert.match(stdout, /warned {4}ReconciliationError \(1m ago, 3 times\): replicasets\.apps is forbidden\n/);
  assert.doesNotMatch(stdout, /has not yet acted|long over|transitioned/);
});

test('a ReplicaSet that is refused is said, and the controller is not blamed for it', async () => {
  const world = midway({ canary: twenty, stable: { replicas: 10 }, current: { replicas: 0 } });
  const [stable, refused] = world.replicaSets;
  const message = `Failed to create new replica set "${refused?.metadata.name}": denied by policy`;
  const failed = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message };
  const times = { lastUpdateTime: at(-80), lastTransitionTime: at(-80) };
  const metadata = { ...world.rollout.metadata, creationTimestamp: at(-90) };
  const status = { ...world.rollout.status, conditions: [{ ...failed, ...times }] };
  const cluster = clusterOf({ ...world, rollout: { ...world.rollout, metadata, status }, replicaSets: [stable!] });
  const { stdout } = await explain(cluster);
  assert.match(stdout, /waiting {3}Failed to create new replica set "demo-\w+": denied by policy\. It ends when/);
  assert.doesNotMatch(stdout, /does not do what is next/);
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
