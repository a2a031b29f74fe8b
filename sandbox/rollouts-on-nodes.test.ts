// What nodes, budgets and autoscalers mean for a Rollout: the sandbox with the real controller, under the virtual clock.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, Pod } from '../controller/api/kubernetes-types.ts';
import { statusOf } from './machinery/client.ts';
import { isReady, isTerminating, nodeNameOf } from './machinery/pods.ts';
import { resources } from './machinery/resources.ts';
import { createSimulation, type Simulation } from './simulation.ts';

interface Rollout extends KubernetesObject {
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly phase?: string; readonly currentStepIndex?: number };
}

const labels = { app: 'web' };

function makeRollout(simulation: Simulation, canary: object, replicas: number): Promise<Rollout> {
  return simulation.cluster.client.create(resources.rollouts, 'default', {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { canary },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'argoproj/rollouts-demo:blue' }] } },
    },
  });
}

async function setImage({ cluster, clock }: Simulation, tag: string): Promise<void> {
  const path = '/spec/template/spec/containers/0/image';
  await cluster.transport().request({
    verb: 'PATCH',
    path: '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/web',
    contentType: 'application/json-patch+json',
    body: [{ op: 'replace', path, value: `argoproj/rollouts-demo:${tag}` }],
  });
  await clock.runFor(20_000);
}

async function podsOf({ cluster }: Simulation, tag = ''): Promise<readonly Pod[]> {
  const { items } = await cluster.client.list<Pod>(resources.pods, 'default', { labelSelector: 'app=web' });
  return items.filter(({ spec }) => spec.containers[0]?.image?.endsWith(tag));
}

async function rolloutOf({ cluster }: Simulation): Promise<Rollout | undefined> {
  return cluster.client.get<Rollout>(resources.rollouts, 'default', 'web');
}

async function withNodes(count: number, run: (simulation: Simulation) => Promise<void>): Promise<void> {
  const simulation = createSimulation({ node: { count } });
  await simulation.start();
  try {
    await run(simulation);
    assert.deepEqual(simulation.cluster.problems, []);
  } finally {
    await simulation.stop();
  }
}

const keptApart = {
  antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} },
  steps: [{ setWeight: 50 }, { pause: {} }],
};

test('anti-affinity keeps the canary off the nodes of stable', () =>
  withNodes(3, async (simulation) => {
    await makeRollout(simulation, keptApart, 2);
    await simulation.clock.runFor(10_000);
    const taken = (await podsOf(simulation, 'blue')).map(nodeNameOf).sort();
    assert.deepEqual(taken, ['sandbox-node', 'sandbox-node-2']);
    await setImage(simulation, 'yellow');
    assert.deepEqual((await podsOf(simulation, 'yellow')).map(nodeNameOf), ['sandbox-node-3']);
    assert.equal((await rolloutOf(simulation))?.status?.phase, 'Paused');
  }));

test('where stable stands on every node the canary is pending, and the scheduler says why', () =>
  withNodes(2, async (simulation) => {
    await makeRollout(simulation, keptApart, 2);
    await simulation.clock.runFor(10_000);
    await setImage(simulation, 'yellow');
    const [pod] = await podsOf(simulation, 'yellow');
    assert.equal(
      pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message,
      "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
    );
    assert.equal((await rolloutOf(simulation))?.status?.phase, 'Progressing');
  }));

test('a node is drained in the middle of a canary within the budget, and nothing is lost', () =>
  withNodes(2, async (simulation) => {
    const { cluster, clock } = simulation;
    await makeRollout(simulation, { steps: [{ setWeight: 25 }, { pause: {} }] }, 4);
    await cluster.client.create(resources.podDisruptionBudgets, 'default', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web' },
      spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
    });
    await clock.runFor(10_000);
    await setImage(simulation, 'yellow');
    const name = 'sandbox-node';
    await cluster.client.patch(resources.nodes, undefined, name, { spec: { unschedulable: true } });
    let refused = 0;
    for (let round = 0; round < 20; round++) {
      const left = (await podsOf(simulation)).filter((pod) => nodeNameOf(pod) === name && !isTerminating(pod));
      for (const pod of left) if (!(await evict(simulation, pod.metadata.name ?? ''))) refused++;
      const ready = (await podsOf(simulation)).filter((pod) => isReady(pod) && !isTerminating(pod)).length;
      assert.ok(ready >= 3, `${ready} are ready`);
      await clock.runFor(5000);
    }
    assert.ok(refused > 0, 'the budget had its say');
    const pods = await podsOf(simulation);
    assert.deepEqual([pods.length, pods.filter(isReady).length], [4, 4]);
    assert.ok(pods.every((pod) => nodeNameOf(pod) !== name));
    assert.equal((await rolloutOf(simulation))?.status?.phase, 'Paused');
  }));

async function evict({ cluster }: Simulation, name: string): Promise<boolean> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } };
  try {
    await cluster.client.createSub(resources.pods, 'default', name, 'eviction', eviction);
    return true;
  } catch (problem) {
    assert.equal(statusOf(problem), 429);
    return false;
  }
}

test('a lost node takes its pods out of a canary, which goes on with others', () =>
  withNodes(3, async (simulation) => {
    const { cluster, clock } = simulation;
    await makeRollout(simulation, { steps: [{ setWeight: 50 }, { pause: {} }] }, 4);
    await clock.runFor(10_000);
    await setImage(simulation, 'yellow');
    await cluster.loseNode('sandbox-node-2');
    await clock.runFor(60_000);
    assert.ok((await podsOf(simulation)).filter(isReady).length < 4, 'those of the lost node are not ready');
    await clock.runFor(300_000);
    const ready = (await podsOf(simulation)).filter(isReady);
    assert.equal(ready.length, 4);
    assert.ok(ready.every((pod) => nodeNameOf(pod) !== 'sandbox-node-2'));
    const { phase, currentStepIndex } = (await rolloutOf(simulation))?.status ?? {};
    assert.deepEqual([phase, currentStepIndex], ['Paused', 1]);
  }));

test('what the proxy sends to the pods scales the Rollout, and quiet minutes scale it down again', () =>
  withNodes(1, async (simulation) => {
    const { cluster, clock } = simulation;
    await makeRollout(simulation, {}, 2);
    await cluster.client.create(resources.services, 'default', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    });
    const target = { type: 'AverageValue', averageValue: '10' };
    await cluster.client.create(resources.autoscalers, 'default', {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: {
        scaleTargetRef: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web' },
        minReplicas: 2,
        maxReplicas: 8,
        metrics: [{ type: 'Pods', pods: { metric: { name: 'requests-per-second' }, target } }],
      },
    });
    await clock.runFor(10_000);
    const traffic = await simulation.startTraffic({ requestsPerSecond: 60, host: 'web.default.localhost' });
    await clock.runFor(120_000);
    assert.equal((await rolloutOf(simulation))?.spec.replicas, 6);
    traffic.stop();
    await clock.runFor(400_000);
    assert.equal((await rolloutOf(simulation))?.spec.replicas, 2);
  }));

test('the same seed gives the same places on several nodes, byte for byte', async () => {
  const traces: string[] = [];
  for (let run = 0; run < 2; run++) {
    const simulation = createSimulation({ seed: 11, trace: true, node: { count: 3 } });
    await simulation.start();
    await makeRollout(simulation, { ...keptApart, steps: [{ setWeight: 50 }, { pause: { duration: '10s' } }] }, 3);
    await simulation.clock.runFor(10_000);
    await setImage(simulation, 'yellow');
    await simulation.cluster.loseNode('sandbox-node-3');
    await simulation.clock.runFor(400_000);
    traces.push(simulation.trace.lines.join('\n'));
    await simulation.stop();
  }
  assert.ok((traces[0]?.length ?? 0) > 10_000);
  assert.equal(traces[0], traces[1]);
});
