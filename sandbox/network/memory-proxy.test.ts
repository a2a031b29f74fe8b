// Requests under the virtual clock: lost ones are seen, with their reason, and are the same in every run.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, type Simulation, whileRunning } from '../simulation.ts';

const namespace = 'demo';

async function withService(replicas: number, work: (simulation: Simulation) => Promise<void>): Promise<void> {
  const simulation = createSimulation({ namespaces: [namespace], node: { terminateMs: 1000 } });
  await simulation.start();
  const labels = { app: 'web' };
  await create(simulation, '/api/v1/namespaces/demo/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await create(simulation, '/apis/apps/v1/namespaces/demo/replicasets', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    },
  });
  await simulation.clock.runFor(10_000);
  try {
    await work(simulation);
  } finally {
    await simulation.stop();
  }
}

async function create({ clock, transport }: Simulation, path: string, body: unknown): Promise<void> {
  await whileRunning(clock, transport.request({ verb: 'POST', path, body }));
}

async function scale({ clock, transport }: Simulation, replicas: number): Promise<void> {
  await whileRunning(
    clock,
    transport.request({
      verb: 'PATCH',
      path: '/apis/apps/v1/namespaces/demo/replicasets/web',
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas } },
    }),
  );
}

const host = 'web.demo.localhost';

test('every request is answered while a pod drains for longer than routes take to follow', async () => {
  await withService(3, async (simulation) => {
    const load = await simulation.startTraffic({ requestsPerSecond: 20, host, propagationDelayMs: 500 });
    await simulation.clock.runFor(2000);
    await scale(simulation, 1);
    await simulation.clock.runFor(5000);
    const { total, totalFailed, byVersion } = load.summary(3);
    assert.deepEqual([totalFailed, Object.keys(byVersion)], [0, ['1']]);
    assert.ok(total > 130);
    load.stop();
  });
});

test('requests are lost, in the same number each time, when pods end before the routes follow', async () => {
  const losses: string[] = [];
  for (let run = 0; run < 2; run++) {
    await withService(3, async (simulation) => {
      const load = await simulation.startTraffic({ requestsPerSecond: 20, host, propagationDelayMs: 3000 });
      await scale(simulation, 1);
      await simulation.clock.runFor(6000);
      losses.push(JSON.stringify(load.lost));
      assert.match(load.lost[0]?.why ?? '', /^nothing listens on /);
      assert.ok(load.lost.every(({ status, service }) => status === 502 && service === 'web'));
      load.stop();
    });
  }
  assert.equal(losses[0], losses[1]);
});

test('without any ready pod the answer is 503, without a route 404', async () => {
  await withService(0, async (simulation) => {
    const load = await simulation.startTraffic({ requestsPerSecond: 1, host });
    const astray = await simulation.startTraffic({ requestsPerSecond: 1, host: 'elsewhere' });
    await simulation.clock.runFor(100);
    assert.deepEqual([load.lost[0]?.status, astray.lost[0]?.status], [503, 404]);
    load.stop();
    astray.stop();
  });
});

test('autoscalers follow the requests that pods are sent', async () => {
  await withService(1, async (simulation) => {
    const load = await simulation.startTraffic({ requestsPerSecond: 20, host });
    const target = { type: 'AverageValue', averageValue: '10' };
    await create(simulation, '/apis/autoscaling/v2/namespaces/demo/horizontalpodautoscalers', {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web' },
        maxReplicas: 5,
        metrics: [{ type: 'Pods', pods: { metric: { name: 'requests-per-second' }, target } }],
      },
    });
    await simulation.clock.runFor(60_000);
    const scaled = simulation.cluster.apiServer.storage.get('apps/replicasets', 'demo/web');
    assert.deepEqual((scaled?.spec as { replicas?: number } | undefined)?.replicas, 2);
    load.stop();
  });
});
