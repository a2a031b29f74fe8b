import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import type { Transport } from '../../controller/kubernetes/transport.ts';
import { createApiServer } from '../apiserver/server.ts';
import { VirtualClock } from '../clock.ts';
import { createKubeClient } from '../machinery/client.ts';
import { isReady } from '../machinery/pods.ts';
import { resources } from '../machinery/resources.ts';
import { seededRandom } from '../random.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import { startForeignNode } from './foreign-node.ts';
import { scriptAnnotation } from './script.ts';
import { createVirtualRuntime, type VirtualRuntime } from './virtual-runtime.ts';

function makePod(cluster: TestCluster, spec: object = {}, metadata: object = {}): Promise<Pod> {
  const containers = [{ name: 'main', image: 'argoproj/rollouts-demo:blue' }];
  return cluster.create(resources.pods, 'web', { metadata, spec: { containers, ...spec } });
}

function image(name: string, more: object = {}): object {
  return { containers: [{ name: 'main', image: name, ...more }] };
}

interface Seen {
  readonly phase: string | undefined;
  readonly ready: boolean;
  readonly state: string;
  readonly restarts: number;
}

async function look(cluster: TestCluster): Promise<Seen | undefined> {
  const pod = await cluster.get<Pod>(resources.pods, 'web');
  if (pod === undefined) return undefined;
  const [container] = pod.status?.containerStatuses ?? [];
  const { waiting, running, terminated } = container?.state ?? {};
  const state = waiting?.reason ?? (running ? 'running' : terminated ? `exit ${terminated.exitCode}` : 'unknown');
  return { phase: pod.status?.phase, ready: isReady(pod), state, restarts: container?.restartCount ?? 0 };
}

/** What is seen, in order, whenever it differs from before, with the second at which it came. */
async function story(cluster: TestCluster, seconds: number): Promise<string[]> {
  const told: string[] = [];
  for (let tenths = 0; tenths <= seconds * 10; tenths++) {
    const seen = await look(cluster);
    const text =
      seen === undefined ? 'gone' : `${seen.phase} ${seen.state}${seen.ready ? ' ready' : ''} ${seen.restarts}`;
    if (told.at(-1)?.replace(/^\S+ /, '') !== text) told.push(`${tenths / 10} ${text}`);
    await cluster.runSeconds(0.1);
  }
  return told;
}

const script = (content: object) => ({ annotations: { [scriptAnnotation]: JSON.stringify(content) } });

const rows: readonly {
  readonly name: string;
  readonly spec?: object;
  readonly metadata?: object;
  readonly seconds: number;
  readonly want: readonly string[];
}[] = [
  {
    name: 'an ordinary pod is ready 2.5 s after its creation',
    seconds: 4,
    want: ['0 Pending ContainerCreating 0', '2.5 Running running ready 0'],
  },
  {
    name: 'a readiness probe delays readiness',
    spec: image('nginx:1', { readinessProbe: { httpGet: { path: '/', port: 80 }, initialDelaySeconds: 6 } }),
    seconds: 12,
    want: ['0 Pending ContainerCreating 0', '2.5 Running running 0', '9.5 Running running ready 0'],
  },
  {
    name: 'an image that is missing is pulled again and again',
    spec: image('team/missing:1'),
    seconds: 30,
    want: [
      '0 Pending ContainerCreating 0',
      '2.5 Pending ErrImagePull 0',
      '4.5 Pending ImagePullBackOff 0',
      '12.5 Pending ErrImagePull 0',
      '14.5 Pending ImagePullBackOff 0',
    ],
  },
  {
    name: 'an image name that is none',
    spec: image('team/NOT:1'),
    seconds: 30,
    want: ['0 Pending ContainerCreating 0', '2.5 Pending InvalidImageName 0'],
  },
  {
    name: 'a process that ends is started again, at once and then with growing pauses',
    spec: image('nginx:crash'),
    seconds: 20,
    want: [
      '0 Pending ContainerCreating 0',
      '2.5 Running running ready 0',
      '3.6 Running exit 1 0',
      '4.6 Running running ready 1',
      '5.6 Running exit 1 1',
      '6.6 Running CrashLoopBackOff 1',
      '15.6 Running running ready 2',
      '16.6 Running exit 1 2',
      '17.6 Running CrashLoopBackOff 2',
    ],
  },
  {
    name: 'a pod that is to run once succeeds',
    spec: { ...image('alpine:3', { command: ['sleep', '2'] }), restartPolicy: 'Never' },
    seconds: 20,
    want: ['0 Pending ContainerCreating 0', '2.5 Running running ready 0', '4.6 Succeeded exit 0 0'],
  },
  {
    name: 'a pod that is to run once fails',
    spec: { ...image('alpine:3', { command: ['sh', '-c', 'sleep 2; exit 3'] }), restartPolicy: 'Never' },
    seconds: 20,
    want: ['0 Pending ContainerCreating 0', '2.5 Running running ready 0', '4.6 Failed exit 3 0'],
  },
  {
    name: 'a pod that is to run until it succeeds is started again until it does',
    spec: { ...image('alpine:3', { command: ['sleep', '2'] }), restartPolicy: 'OnFailure' },
    metadata: script({ exitAfterMs: 1000, exitCount: 1 }),
    seconds: 20,
    want: [
      '0 Pending ContainerCreating 0',
      '2.5 Running running ready 0',
      '3.6 Running exit 1 0',
      '4.6 Running running ready 1',
      '6.6 Succeeded exit 0 1',
    ],
  },
  {
    name: 'a pod whose time is over fails',
    spec: { ...image('alpine:3'), activeDeadlineSeconds: 8 },
    seconds: 20,
    want: ['0 Pending ContainerCreating 0', '2.5 Running running ready 0', '8 Failed exit 137 0'],
  },
  {
    name: 'an image that must not be pulled and is not there',
    spec: image('team/missing:1', { imagePullPolicy: 'Never' }),
    seconds: 20,
    want: ['0 Pending ContainerCreating 0', '2.5 Pending ErrImageNeverPull 0'],
  },
  {
    name: 'a script crashes a pod twice',
    metadata: script({ startDelayMs: 1000, exitAfterMs: 500, exitCount: 2 }),
    seconds: 25,
    want: [
      '0 Pending ContainerCreating 0',
      '1 Running running ready 0',
      '1.6 Running exit 1 0',
      '2.6 Running running ready 1',
      '3.1 Running exit 1 1',
      '4.1 Running CrashLoopBackOff 1',
      '13.1 Running running ready 2',
    ],
  },
  {
    name: 'a script keeps a pod from being ready',
    metadata: script({ neverReady: true }),
    seconds: 20,
    want: ['0 Pending ContainerCreating 0', '2.5 Running running 0'],
  },
];

for (const { name, spec, metadata, seconds, want } of rows) {
  test(name, () =>
    withCluster(async (cluster) => {
      await makePod(cluster, spec, metadata);
      assert.deepEqual(await story(cluster, seconds), want);
    }),
  );
}

test('a readiness gate is waited for, and its condition is left alone', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, { readinessGates: [{ conditionType: 'example.com/gate' }] });
    await cluster.runSeconds(4);
    assert.equal((await look(cluster))!.ready, false);
    const gate = { type: 'example.com/gate', status: 'True' };
    await cluster.client.patch(
      resources.pods,
      'default',
      'web',
      { status: { conditions: [gate] } },
      'status',
      'strategic-merge',
    );
    await cluster.runSeconds(1);
    assert.equal((await look(cluster))!.ready, true);
    const pod = await cluster.get<Pod>(resources.pods, 'web');
    assert.equal(pod!.status!.conditions!.find(({ type }) => type === 'example.com/gate')?.status, 'True');
  }));

test('reports what a kubelet reports', () =>
  withCluster(async (cluster) => {
    await makePod(cluster);
    await cluster.runSeconds(3);
    const { status } = (await cluster.get<Pod>(resources.pods, 'web'))!;
    const condition = (type: string, second: number) => ({
      type,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: `2026-01-01T00:00:0${second}Z`,
    });
    assert.deepEqual(status, {
      phase: 'Running',
      conditions: [
        condition('PodScheduled', 0),
        condition('Initialized', 0),
        condition('ContainersReady', 2),
        condition('Ready', 2),
      ],
      hostIP: '127.0.0.1',
      podIP: '10.244.0.2',
      podIPs: [{ ip: '10.244.0.2' }],
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: [
        {
          name: 'main',
          state: { running: { startedAt: '2026-01-01T00:00:02Z' } },
          lastState: {},
          ready: true,
          restartCount: 0,
          image: 'argoproj/rollouts-demo:blue',
          imageID: '',
          started: true,
        },
      ],
      qosClass: 'BestEffort',
    });
    assert.deepEqual(await cluster.names(resources.nodes), ['sandbox-node']);
  }));

const startEvents = (pulled: string) => [
  'Scheduled: Successfully assigned default/web to sandbox-node',
  ...(pulled.startsWith('Successfully') ? ['Pulling: Pulling image "nginx:1"'] : []),
  `Pulled: ${pulled}`,
  'Created: Container created',
  'Started: Container started',
];

test('tells of the start in order; an image is pulled once a node', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, image('nginx:1'));
    await cluster.runSeconds(3);
    const bytes = 'Image size: 89060453 bytes.';
    const first = await cluster.events('web');
    assert.deepEqual(
      first.map((text) => text.replace(/Image size: \d+ bytes\./, bytes)),
      startEvents(`Successfully pulled image "nginx:1" in 2.5s (2.5s including waiting). ${bytes}`),
    );
    await cluster.client.delete(resources.pods, 'default', 'web');
    await cluster.runSeconds(3);
    await makePod(cluster, image('nginx:1'));
    await cluster.runSeconds(3);
    assert.deepEqual((await cluster.events('web')).slice(first.length + 1), [
      ...startEvents('Container image "nginx:1" already present on machine and can be accessed by the pod'),
    ]);
  }));

test('tells of an image that cannot be had, and that it is tried again', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, image('team/missing:1'));
    await cluster.runSeconds(5);
    const why =
      'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/team/missing:1": failed to resolve reference "docker.io/team/missing:1": docker.io/team/missing:1: not found';
    assert.deepEqual((await cluster.events('web')).slice(1), [
      'Pulling: Pulling image "team/missing:1"',
      `Failed: Failed to pull image "team/missing:1": ${why}`,
      'Failed: Error: ErrImagePull',
      'BackOff: Back-off pulling image "team/missing:1"',
      'Failed: Error: ImagePullBackOff',
    ]);
    const pod = await cluster.get<Pod>(resources.pods, 'web');
    const message = pod?.status?.containerStatuses?.[0]?.state?.waiting?.message;
    assert.equal(message, `Back-off pulling image "team/missing:1": ErrImagePull: ${why}`);
    const unready = pod?.status?.conditions?.find(({ type }) => type === 'Ready');
    assert.equal(unready?.message, 'containers with unready status: [main]');
  }));

test('a container whose image is there runs though another one waits for its own', () =>
  withCluster(async (cluster) => {
    const containers = [
      { name: 'main', image: 'nginx:1' },
      { name: 'side', image: 'team/missing:1' },
    ];
    await makePod(cluster, { containers });
    await cluster.runSeconds(4);
    const pod = await cluster.get<Pod>(resources.pods, 'web');
    const states = (pod?.status?.containerStatuses ?? []).map(({ state }) => Object.keys(state ?? {})[0]);
    assert.deepEqual([pod?.status?.phase, ...states], ['Pending', 'running', 'waiting']);
    await cluster.client.patch(
      resources.pods,
      'default',
      'web',
      { spec: { containers: [{ name: 'side', image: 'team/present:1' }] } },
      undefined,
      'strategic-merge',
    );
    await cluster.runSeconds(15);
    assert.equal((await look(cluster))!.ready, true);
  }));

interface Looked {
  readonly phase: string | undefined;
  readonly initialized: string | undefined;
  readonly states: readonly string[];
}

/** States of the init containers and of the containers. */
async function lookInside(cluster: TestCluster): Promise<Looked> {
  const { status } = (await cluster.get<Pod>(resources.pods, 'web'))!;
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const states = all.map(({ state, ready }) => {
    const { waiting, terminated } = state ?? {};
    const text = waiting?.reason ?? (terminated ? `exit ${terminated.exitCode}` : 'running');
    return ready ? `${text} ready` : text;
  });
  const initialized = status?.conditions?.find(({ type }) => type === 'Initialized');
  const why = initialized?.status === 'True' ? 'True' : initialized?.message;
  return { phase: status?.phase, initialized: why, states };
}

test('init containers run one after another, a sidecar runs on, then the containers start', () =>
  withCluster(async (cluster) => {
    const initContainers = [
      { name: 'first', image: 'alpine:3', command: ['sleep', '2'] },
      { name: 'proxy', image: 'envoy:1', restartPolicy: 'Always' },
      { name: 'second', image: 'alpine:3', command: ['sh', '-c', 'sleep 3'] },
    ];
    await makePod(cluster, { ...image('nginx:1'), initContainers });
    const waiting = 'PodInitializing';
    const missing = (names: string) => `containers with incomplete status: [${names}]`;
    const rows: readonly (readonly [seconds: number, want: Looked])[] = [
      [
        1,
        { phase: 'Pending', initialized: missing('first proxy second'), states: [waiting, waiting, waiting, waiting] },
      ],
      [
        2,
        {
          phase: 'Pending',
          initialized: missing('first proxy second'),
          states: ['running', waiting, waiting, waiting],
        },
      ],
      [
        2,
        {
          phase: 'Pending',
          initialized: missing('second'),
          states: ['exit 0 ready', 'running ready', 'running', waiting],
        },
      ],
      [
        3,
        {
          phase: 'Running',
          initialized: 'True',
          states: ['exit 0 ready', 'running ready', 'exit 0 ready', 'running ready'],
        },
      ],
    ];
    for (const [seconds, want] of rows) {
      await cluster.runSeconds(seconds);
      assert.deepEqual(await lookInside(cluster), want);
    }
    await cluster.cluster.node.stop();
    await cluster.cluster.node.start();
    await cluster.runSeconds(5);
    assert.deepEqual(await lookInside(cluster), rows.at(-1)?.[1], 'taken over without a restart');
    await cluster.client.delete(resources.pods, 'default', 'web');
    await cluster.runSeconds(2);
    assert.equal(await cluster.get(resources.pods, 'web'), undefined);
    const killed = (await cluster.events('web')).filter((text) => text.startsWith('Killing')).sort();
    assert.deepEqual(killed, ['Killing: Stopping container main', 'Killing: Stopping container proxy']);
  }));

test('an init container that fails is tried again, or fails the pod that is to run once', () =>
  withCluster(async (cluster) => {
    const initContainers = [{ name: 'first', image: 'alpine:3', command: ['sh', '-c', 'exit 7'] }];
    await makePod(cluster, { ...image('nginx:1'), initContainers });
    await cluster.runSeconds(6);
    assert.deepEqual((await lookInside(cluster)).states, ['CrashLoopBackOff', 'PodInitializing']);
    await cluster.client.delete(resources.pods, 'default', 'web', { gracePeriodSeconds: 0 });
    await cluster.runSeconds(1);
    await makePod(cluster, { ...image('nginx:1'), initContainers, restartPolicy: 'Never' });
    await cluster.runSeconds(6);
    const { phase, states } = await lookInside(cluster);
    assert.deepEqual([phase, ...states], ['Failed', 'exit 7', 'PodInitializing']);
  }));

test('another image in a running pod replaces the container', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, image('nginx:1'));
    await cluster.runSeconds(3);
    const patch = { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } };
    await cluster.client.patch(resources.pods, 'default', 'web', patch, undefined, 'strategic-merge');
    await cluster.runSeconds(3);
    const pod = await cluster.get<Pod>(resources.pods, 'web');
    const [container] = pod?.status?.containerStatuses ?? [];
    assert.deepEqual([container?.image, container?.restartCount, container?.ready], ['nginx:2', 1, true]);
    const events = await cluster.events('web');
    assert.ok(events.includes('Killing: Container main definition changed, will be restarted'));
  }));

test('tells how a container that keeps ending is restarted, and which container is meant', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, image('nginx:crash'));
    await cluster.runSeconds(8);
    const { items } = await cluster.client.list<
      KubernetesObject & { reason: string; message: string; count: number; involvedObject: { fieldPath?: string } }
    >(resources.events, 'default', { fieldSelector: 'involvedObject.name=web' });
    const uid = (await cluster.get(resources.pods, 'web'))?.metadata.uid;
    assert.deepEqual(
      items.slice(2).map(({ reason, count, involvedObject }) => [reason, count, involvedObject.fieldPath]),
      [
        ['Pulled', 1, 'spec.containers{main}'],
        ['Created', 2, 'spec.containers{main}'],
        ['Started', 2, 'spec.containers{main}'],
        ['Pulled', 1, 'spec.containers{main}'],
        ['BackOff', 1, 'spec.containers{main}'],
      ],
    );
    assert.equal(items.at(-1)?.message, `Back-off restarting failed container main in pod web_default(${uid})`);
  }));

test('a deleted pod serves on until its end, and not after it', () =>
  withCluster(async (cluster) => {
    const runtime = cluster.cluster.runtime as VirtualRuntime;
    await makePod(cluster);
    const ask = () => runtime.send('10.244.0.2', 8080, { method: 'GET', path: '/color', headers: {} })?.body;
    await cluster.runSeconds(2);
    assert.equal(ask(), undefined, 'nothing listens before it is ready');
    await cluster.runSeconds(1);
    assert.equal(ask(), '"blue"');
    await cluster.client.delete(resources.pods, 'default', 'web');
    await cluster.runSeconds(0.9);
    assert.equal(ask(), '"blue"');
    await cluster.runSeconds(0.2);
    assert.deepEqual([ask(), await cluster.get(resources.pods, 'web')], [undefined, undefined]);
  }));

test('a pre-stop sleep prolongs the end, the grace period limits it', () =>
  withCluster(async (cluster) => {
    const lifecycle = { preStop: { sleep: { seconds: 5 } } };
    await makePod(cluster, image('nginx:1', { lifecycle }));
    await cluster.runSeconds(3);
    await cluster.client.delete(resources.pods, 'default', 'web');
    await cluster.runSeconds(5.9);
    assert.notEqual(await cluster.get(resources.pods, 'web'), undefined);
    await cluster.client.delete(resources.pods, 'default', 'web', { gracePeriodSeconds: 0 });
    await cluster.runSeconds(0);
    assert.equal(await cluster.get(resources.pods, 'web'), undefined);
  }));

test('a pod that is deleted while it starts never runs', () =>
  withCluster(async (cluster) => {
    await makePod(cluster);
    await cluster.runSeconds(1);
    await cluster.client.delete(resources.pods, 'default', 'web');
    assert.deepEqual(await story(cluster, 4), ['0 Pending ContainerCreating 0', '1 gone']);
  }));

test('a fault script decides by pod, and a crash can be asked for', () =>
  withCluster(
    async (cluster) => {
      await makePod(cluster);
      await cluster.runSeconds(1);
      assert.equal((await look(cluster))!.state, 'running');
      assert.equal(cluster.cluster.node.crash('default', 'web', 137), true);
      assert.equal(cluster.cluster.node.crash('default', 'nobody'), false);
      await cluster.runSeconds(1);
      assert.equal((await look(cluster))!.restarts, 1);
    },
    { node: { script: (pod) => (pod.metadata.name === 'web' ? { startDelayMs: 500 } : undefined) } },
  ));

test('what a container said can be read, with the usual limits', () =>
  withCluster(async (cluster) => {
    const runtime = cluster.cluster.runtime as VirtualRuntime;
    await makePod(cluster);
    await cluster.runSeconds(3);
    for (const path of ['/color', '/nothing']) runtime.send('10.244.0.2', 8080, { method: 'GET', path, headers: {} });
    const read = (query: string) => cluster.client.read(`/api/v1/namespaces/default/pods/web/log`, query);
    assert.equal(await read(''), 'rollouts-demo: serving blue\nGET /color 200\nGET /nothing 404\n');
    assert.equal(await read('tailLines=1&timestamps=true'), '2026-01-01T00:00:03Z GET /nothing 404\n');
  }));

test('plays pods for a foreign API server through a transport', async () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const server = createApiServer({ clock, random });
  const client = createKubeClient(server.transport(), 'test');
  const problems: string[] = [];
  const node = await startForeignNode({
    transport: server.transport('system:node:far') satisfies Transport,
    clock,
    random,
    name: 'far',
    runtime: createVirtualRuntime({ random }),
    report: ({ message }) => problems.push(message),
  });
  const spec = { containers: [{ name: 'main', image: 'nginx:1' }] };
  await client.create(resources.pods, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec });
  await clock.runFor(15_000);
  const pod = await client.get<Pod>(resources.pods, 'default', 'web');
  assert.deepEqual([pod!.spec.nodeName, isReady(pod!)], ['far', true]);
  const lease = await client.get<{ metadata: object; spec?: { renewTime?: string } }>(
    resources.leases,
    'kube-node-lease',
    'far',
  );
  assert.equal(lease!.spec?.renewTime, '2026-01-01T00:00:10.000000Z');
  await node.stop();
  server.close();
  assert.deepEqual(problems, []);
});
