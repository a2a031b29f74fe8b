import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, Deployment, KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import { limitReplicas, type Memory } from './autoscaler-limits.ts';

type Autoscaler = KubernetesObject & {
  status: {
    currentReplicas: number;
    desiredReplicas: number;
    currentMetrics: readonly object[];
    conditions: readonly Condition[];
  };
};

const rate = {
  type: 'Pods',
  pods: { metric: { name: 'requests-per-second' }, target: { type: 'AverageValue', averageValue: '10' } },
};

async function setUp(cluster: TestCluster, spec: object = {}, replicas = 2, requests?: object): Promise<void> {
  const containers = [{ name: 'main', image: 'nginx:1', ...(requests && { resources: { requests } }) }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
  await cluster.create(resources.deployments, 'web', {
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template },
  });
  await cluster.create(resources.services, 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
  await cluster.runSeconds(5);
  await cluster.create(resources.autoscalers, 'web', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 10,
      metrics: [rate],
      ...spec,
    },
  });
}

async function replicas(cluster: TestCluster): Promise<number | undefined> {
  return (await cluster.get<Deployment>(resources.deployments, 'web'))?.spec.replicas;
}

async function conditions(cluster: TestCluster): Promise<Record<string, string>> {
  const { status } = (await cluster.get<Autoscaler>(resources.autoscalers, 'web'))!;
  return Object.fromEntries(status.conditions.map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));
}

test('scales up with the load at once, and down when five minutes have been quiet', () =>
  withCluster(async (cluster) => {
    await setUp(cluster);
    cluster.cluster.meter.offer('default', 'web', 50);
    await cluster.runSeconds(0);
    assert.equal(await replicas(cluster), 4); // no faster than to the double
    assert.deepEqual(await conditions(cluster), {
      AbleToScale: 'True SucceededRescale',
      ScalingActive: 'True ValidMetricFound',
      ScalingLimited: 'True ScaleUpLimit',
    });
    await cluster.runSeconds(15);
    assert.equal(await replicas(cluster), 5);
    await cluster.runSeconds(30);
    assert.deepEqual(await conditions(cluster), {
      AbleToScale: 'True ReadyForNewScale',
      ScalingActive: 'True ValidMetricFound',
      ScalingLimited: 'False DesiredWithinRange',
    });
    const { status } = (await cluster.get<Autoscaler>(resources.autoscalers, 'web'))!;
    assert.deepEqual(
      [status.currentReplicas, status.desiredReplicas, status.currentMetrics],
      [5, 5, [{ type: 'Pods', pods: { metric: { name: 'requests-per-second' }, current: { averageValue: '10' } } }]],
    );
    assert.deepEqual(
      await cluster.events('web').then((texts) => texts.filter((text) => text.startsWith('SuccessfulRescale'))),
      [
        'SuccessfulRescale: New size: 4; reason: pods metric requests-per-second above target',
        'SuccessfulRescale: New size: 5; reason: pods metric requests-per-second above target',
      ],
    );
    cluster.cluster.meter.offer('default', 'web', 20);
    await cluster.runSeconds(290);
    assert.equal(await replicas(cluster), 5);
    assert.equal((await conditions(cluster)).AbleToScale, 'True ScaleDownStabilized');
    await cluster.runSeconds(30);
    assert.equal(await replicas(cluster), 2);
  }));

test('does nothing within a tenth of the target', () =>
  withCluster(async (cluster) => {
    await setUp(cluster);
    cluster.cluster.meter.offer('default', 'web', 21.9);
    await cluster.runSeconds(60);
    assert.equal(await replicas(cluster), 2);
    cluster.cluster.meter.offer('default', 'web', 22.1);
    await cluster.runSeconds(60);
    assert.equal(await replicas(cluster), 3);
  }));

const utilization = (averageUtilization: number): object => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

const rows: readonly { name: string; spec: object; load: number; requests?: object; want: number; active?: string }[] =
  [
    {
      name: 'cpu: ten millicores a request',
      spec: { metrics: [utilization(50)] },
      load: 30,
      requests: { cpu: '200m' },
      want: 3,
    },
    {
      name: 'cpu needs requests',
      spec: { metrics: [utilization(50)] },
      load: 30,
      want: 2,
      active: 'False FailedGetResourceMetric',
    },
    {
      name: 'cpu of a container',
      spec: {
        metrics: [
          {
            type: 'ContainerResource',
            containerResource: {
              name: 'cpu',
              container: 'main',
              target: { type: 'Utilization', averageUtilization: 50 },
            },
          },
        ],
      },
      load: 30,
      requests: { cpu: '200m' },
      want: 3,
    },
    {
      name: 'a Service as an external metric',
      spec: {
        metrics: [
          {
            type: 'External',
            external: {
              metric: { name: 'requests', selector: { matchLabels: { service: 'web' } } },
              target: { type: 'AverageValue', averageValue: '10' },
            },
          },
        ],
      },
      load: 39,
      want: 4,
    },
    {
      name: 'a Service as an object',
      spec: {
        metrics: [
          {
            type: 'Object',
            object: {
              metric: { name: 'requests' },
              describedObject: { kind: 'Service', name: 'web' },
              target: { type: 'Value', value: '10' },
            },
          },
        ],
      },
      load: 15,
      want: 3,
    },
    {
      name: 'the greatest proposal counts',
      spec: { metrics: [utilization(1000), rate] },
      load: 30,
      requests: { cpu: '1' },
      want: 3,
    },
    { name: 'never above the maximum', spec: { maxReplicas: 3 }, load: 500, want: 3 },
    { name: 'never below the minimum', spec: { minReplicas: 4 }, load: 0, want: 4 },
    {
      name: 'a metric that nobody knows',
      spec: {
        metrics: [
          {
            type: 'Pods',
            pods: { metric: { name: 'queue-depth' }, target: { type: 'AverageValue', averageValue: '1' } },
          },
        ],
      },
      load: 30,
      want: 2,
      active: 'False FailedGetPodsMetric',
    },
  ];

for (const { name, spec, load, requests, want, active } of rows) {
  test(`autoscaler: ${name}`, () =>
    withCluster(async (cluster) => {
      await setUp(cluster, spec, 2, requests);
      cluster.cluster.meter.offer('default', 'web', load);
      await cluster.runSeconds(14);
      assert.equal(await replicas(cluster), want);
      if (active !== undefined) assert.equal((await conditions(cluster)).ScalingActive, active);
    }));
}

test('reads a metric of any name from the annotation of the pods', () =>
  withCluster(async (cluster) => {
    await setUp(cluster, {
      metrics: [
        {
          type: 'Pods',
          pods: { metric: { name: 'queue-depth' }, target: { type: 'AverageValue', averageValue: '5' } },
        },
      ],
    });
    for (const pod of await cluster.pods('web')) {
      await cluster.client.patch(resources.pods, 'default', pod.metadata.name!, {
        metadata: { annotations: { 'metrics.sandbox.slipway.dev/queue-depth': '10' } },
      });
    }
    await cluster.runSeconds(16);
    assert.equal(await replicas(cluster), 4);
  }));

test('scales a Rollout, and leaves one alone that was scaled to zero', () =>
  withCluster(async (cluster) => {
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
    };
    const spec = { replicas: 2, selector: { matchLabels: { app: 'web' } }, template, strategy: { canary: {} } };
    await cluster.create(resources.rollouts, 'web', { spec });
    await cluster.client.patch(
      resources.rollouts,
      'default',
      'web',
      { status: { HPAReplicas: 2, selector: 'app=web' } },
      'status',
    );
    await cluster.create(resources.autoscalers, 'web', {
      spec: {
        scaleTargetRef: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web' },
        minReplicas: 3,
        maxReplicas: 10,
        metrics: [rate],
      },
    });
    await cluster.runSeconds(1);
    const rollout = await cluster.get<KubernetesObject & { spec: { replicas: number } }>(resources.rollouts, 'web');
    assert.equal(rollout?.spec.replicas, 3);
    await cluster.client.patch(resources.rollouts, 'default', 'web', { spec: { replicas: 0 } });
    await cluster.runSeconds(20);
    assert.equal((await conditions(cluster)).ScalingActive, 'False ScalingDisabled');
  }));

test('says when the target is not there', () =>
  withCluster(async (cluster) => {
    await cluster.create(resources.autoscalers, 'web', {
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
    });
    await cluster.runSeconds(1);
    const { status } = (await cluster.get<Autoscaler>(resources.autoscalers, 'web'))!;
    const [able] = status.conditions;
    assert.deepEqual(
      [able?.status, able?.reason, able?.message],
      [
        'False',
        'FailedGetScale',
        'the HPA controller was unable to get the target\'s current scale: deployments.apps "web" not found',
      ],
    );
  }));

test('says when nobody knows the kind of the target', () =>
  withCluster(async (cluster) => {
    await cluster.create(resources.autoscalers, 'web', {
      spec: { scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Shop', name: 'web' }, maxReplicas: 3 },
    });
    await cluster.runSeconds(1);
    assert.deepEqual(await conditions(cluster), { AbleToScale: 'False FailedGetScale' });
    assert.deepEqual(await cluster.events('web'), [
      'FailedGetScale: no matches for kind "Shop" in group "example.com"',
    ]);
  }));

test('tells of each metric that cannot be had, and of how many could not', () =>
  withCluster(async (cluster) => {
    const unknown = { type: 'Pods', pods: { ...rate.pods, metric: { name: 'queue-depth' } } };
    await setUp(cluster, { metrics: [utilization(50), unknown, rate] });
    cluster.cluster.meter.offer('default', 'web', 1);
    await cluster.runSeconds(1);
    const missing = 'failed to get cpu utilization: missing request for cpu in container main of Pod web-…';
    const queue = 'unable to get metric queue-depth: no metrics returned from custom metrics API';
    const told = (await cluster.events('web')).map((text) => text.replace(/web-[a-z0-9]+-[a-z0-9]+$/, 'web-…'));
    assert.deepEqual(
      told.filter((text) => text.startsWith('Failed')),
      [
        `FailedGetResourceMetric: ${missing}`,
        `FailedGetPodsMetric: ${queue}`,
        `FailedComputeMetricsReplicas: invalid metrics (2 invalid out of 3), first error is: failed to get cpu resource metric value: ${missing}`,
      ],
    );
    assert.equal((await conditions(cluster)).ScalingActive, 'False FailedGetResourceMetric');
    assert.equal(await replicas(cluster), 2, 'the one that is known asks for fewer');
  }));

test('two autoscalers over the same pods leave them alone', () =>
  withCluster(async (cluster) => {
    await setUp(cluster);
    const { spec } = (await cluster.get<KubernetesObject & { spec: object }>(resources.autoscalers, 'web'))!;
    await cluster.create(resources.autoscalers, 'again', { spec });
    await cluster.runSeconds(20);
    cluster.cluster.meter.offer('default', 'web', 90);
    await cluster.runSeconds(60);
    assert.equal(await replicas(cluster), 2);
    assert.equal((await conditions(cluster)).ScalingActive, 'False AmbiguousSelector');
    await cluster.client.delete(resources.autoscalers, 'default', 'again');
    await cluster.runSeconds(60);
    assert.equal((await conditions(cluster)).ScalingActive, 'True ValidMetricFound');
  }));

const pods = (value: number, periodSeconds = 60) => ({ type: 'Pods', value, periodSeconds });
const percent = (value: number, periodSeconds = 60) => ({ type: 'Percent', value, periodSeconds });
const limits: readonly {
  name: string;
  current: number;
  proposed: number;
  up?: object;
  down?: object;
  changes?: Memory['changes'];
  recommended?: number;
  want: number;
  why: string;
}[] = [
  {
    name: 'so many pods in a period',
    current: 4,
    proposed: 20,
    up: { policies: [pods(2)] },
    want: 6,
    why: 'ScaleUpLimit',
  },
  {
    name: 'what came in the period is taken off',
    current: 6,
    proposed: 20,
    up: { policies: [pods(2)] },
    changes: [{ at: 50_000, by: 2 }],
    want: 6,
    why: 'ScaleUpLimit',
  },
  {
    name: 'what went in the period is added',
    current: 6,
    proposed: 20,
    up: { policies: [pods(2)] },
    changes: [{ at: 50_000, by: -3 }],
    want: 11,
    why: 'ScaleUpLimit',
  },
  {
    name: 'without rules the highest recommendation of five minutes, also on the way up',
    current: 4,
    proposed: 5,
    recommended: 7,
    want: 7,
    why: 'DesiredWithinRange',
  },
  {
    name: 'the larger of two policies',
    current: 4,
    proposed: 20,
    up: { policies: [pods(2), percent(100)] },
    want: 8,
    why: 'ScaleUpLimit',
  },
  {
    name: 'the smaller of two when asked for',
    current: 4,
    proposed: 20,
    up: { selectPolicy: 'Min', policies: [pods(2), percent(100)] },
    want: 6,
    why: 'ScaleUpLimit',
  },
  {
    name: 'never when disabled',
    current: 4,
    proposed: 20,
    up: { selectPolicy: 'Disabled' },
    want: 4,
    why: 'ScaleUpLimit',
  },
  {
    name: 'down by a share',
    current: 10,
    proposed: 1,
    down: { stabilizationWindowSeconds: 0, policies: [percent(10)] },
    want: 9,
    why: 'ScaleDownLimit',
  },
  {
    name: 'down to the minimum',
    current: 10,
    proposed: 1,
    down: { stabilizationWindowSeconds: 0, policies: [percent(100)] },
    want: 2,
    why: 'TooFewReplicas',
  },
  {
    name: 'up to the maximum',
    current: 10,
    proposed: 99,
    up: { policies: [percent(900)] },
    want: 20,
    why: 'TooManyReplicas',
  },
];

for (const { name, current, proposed, up, down, changes = [], recommended, want, why } of limits) {
  test(`limits: ${name}`, () => {
    const rules = { ...(up && { scaleUp: up }), ...(down && { scaleDown: down }) };
    const behavior = (up ?? down) ? rules : undefined;
    const recommendations = recommended === undefined ? [] : [{ at: 30_000, replicas: recommended }];
    const memory: Memory = { recommendations, changes };
    const limited = limitReplicas({ current, proposed, least: 2, most: 20, behavior, memory, now: 60_000 });
    assert.deepEqual([limited.replicas, limited.conditions[1]?.reason], [want, why]);
  });
}
