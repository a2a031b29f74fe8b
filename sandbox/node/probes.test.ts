import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import { parseFailures, scriptedAnswer } from './script-failures.ts';

const http = { httpGet: { path: '/', port: 80 } };

interface Row {
  readonly name: string;
  readonly container?: object;
  readonly spec?: object;
  readonly script?: object;
  /** Seconds since the creation, and what is then: ready, and how often the container was restarted. */
  readonly at: readonly (readonly [seconds: number, ready: boolean, restarts: number])[];
}

const flaky = { ...http, periodSeconds: 5, failureThreshold: 2 };

const rows: readonly Row[] = [
  {
    name: 'no probe: ready when it runs',
    at: [
      [2.4, false, 0],
      [2.5, true, 0],
    ],
  },
  {
    name: 'a probe that succeeds at once',
    container: { readinessProbe: http },
    at: [
      [2.4, false, 0],
      [2.5, true, 0],
    ],
  },
  {
    name: 'an initial delay, and a second',
    container: { readinessProbe: { ...http, initialDelaySeconds: 6 } },
    at: [
      [9.4, false, 0],
      [9.5, true, 0],
    ],
  },
  {
    name: 'several successes in a row',
    container: { readinessProbe: { ...http, successThreshold: 3, periodSeconds: 4 } },
    at: [
      [10.4, false, 0],
      [10.5, true, 0],
    ],
  },
  {
    name: 'a path that is not served',
    container: { image: 'argoproj/rollouts-demo:blue', readinessProbe: { httpGet: { path: '/none', port: 8080 } } },
    at: [[60, false, 0]],
  },
  {
    name: 'a port where the demo does not listen',
    container: { image: 'argoproj/rollouts-demo:blue', readinessProbe: { tcpSocket: { port: 9 } } },
    at: [[60, false, 0]],
  },
  {
    name: 'a port by its name',
    container: { ports: [{ name: 'web', containerPort: 81 }], readinessProbe: { httpGet: { port: 'web' } } },
    at: [[2.5, true, 0]],
  },
  {
    name: 'an answer that comes too late',
    container: {
      image: 'argoproj/rollouts-demo:slow-blue',
      readinessProbe: { httpGet: { path: '/color', port: 8080 } },
    },
    at: [[60, false, 0]],
  },
  {
    name: 'an answer that is waited for',
    container: {
      image: 'argoproj/rollouts-demo:slow-blue',
      readinessProbe: { httpGet: { path: '/color', port: 8080 }, timeoutSeconds: 3 },
    },
    at: [
      [4.4, false, 0],
      [4.5, true, 0],
    ],
  },
  {
    name: 'a command that fails',
    container: { readinessProbe: { exec: { command: ['false'] } } },
    at: [[60, false, 0]],
  },
  {
    name: 'a command that takes too long',
    container: { readinessProbe: { exec: { command: ['sleep', '2'] } } },
    at: [[60, false, 0]],
  },
  {
    name: 'a command that nobody knows',
    container: { readinessProbe: { exec: { command: ['cat', '/tmp/ready'] } } },
    at: [[2.5, true, 0]],
  },
  { name: 'grpc', container: { readinessProbe: { grpc: { port: 5000 } } }, at: [[2.5, true, 0]] },
  {
    name: 'readiness fails for a while: unready after the second failure, ready with the first success',
    container: { readinessProbe: flaky },
    script: { readinessFails: '10-19' },
    at: [
      [17.4, true, 0],
      [17.5, false, 0],
      [22.4, false, 0],
      [22.5, true, 0],
    ],
  },
  {
    name: 'by environment',
    container: { readinessProbe: flaky, env: [{ name: 'SLIPWAY_READINESS_FAILS', value: '10-' }] },
    at: [
      [17.4, true, 0],
      [17.5, false, 0],
      [100, false, 0],
    ],
  },
  {
    name: 'flapping',
    container: { readinessProbe: { ...http, periodSeconds: 5, failureThreshold: 1 } },
    script: { readinessFails: '5-10/10' },
    at: [
      [3, true, 0],
      [8, false, 0],
      [13, true, 0],
      [18, false, 0],
      [23, true, 0],
    ],
  },
  {
    name: 'flapping without a probe',
    script: { readinessFails: '5-10/10' },
    at: [
      [3, true, 0],
      [8, false, 0],
      [13, true, 0],
    ],
  },
  { name: 'never ready', container: { readinessProbe: http }, script: { neverReady: true }, at: [[60, false, 0]] },
  {
    name: 'liveness fails: restarted after the third failure and a moment',
    container: { livenessProbe: { ...http, periodSeconds: 5 } },
    script: { livenessFails: '7-' },
    at: [
      [23, true, 0],
      [23.5, true, 1],
      [27, true, 1],
    ],
  },
  {
    name: 'liveness: the second restart waits for the back-off',
    container: { livenessProbe: { ...http, periodSeconds: 5, failureThreshold: 1 } },
    script: { livenessFails: '3-' },
    at: [
      [8.4, true, 0],
      [8.5, true, 1],
      [15, false, 1],
      [24.4, false, 1],
      [24.6, true, 2],
    ],
  },
  {
    name: 'startup holds readiness up',
    container: { startupProbe: { ...http, periodSeconds: 2, failureThreshold: 10 }, readinessProbe: http },
    script: { startupFails: '0-5' },
    at: [
      [8.4, false, 0],
      [8.5, true, 0],
    ],
  },
  {
    name: 'startup that never succeeds: restarted',
    container: { startupProbe: { ...http, periodSeconds: 2, failureThreshold: 3 } },
    script: { startupFails: '0-' },
    at: [
      [7.4, false, 0],
      [7.5, false, 1],
    ],
  },
  {
    name: 'a hook after the start',
    container: { lifecycle: { postStart: { exec: { command: ['sh', '-c', 'sleep 4'] } } } },
    at: [
      [6.4, false, 0],
      [6.5, true, 0],
    ],
  },
  {
    name: 'a hook after the start that fails',
    container: { lifecycle: { postStart: { exec: { command: ['false'] } } } },
    at: [[3.5, true, 1]],
  },
];

async function stateOf(cluster: TestCluster, name: string): Promise<readonly [boolean, number]> {
  const pod = (await cluster.get<Pod>(resources.pods, name))!;
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  const [container] = (pod.status?.containerStatuses ?? []) as readonly ContainerStatus[];
  return [ready, container?.restartCount ?? 0];
}

for (const { name, container, spec, script, at } of rows) {
  test(`probes: ${name}`, () =>
    withCluster(async (cluster) => {
      const annotations = script && { 'sandbox.slipway.dev/script': JSON.stringify(script) };
      const containers = [{ name: 'main', image: 'nginx:1', ...container }];
      await cluster.create(resources.pods, 'p', { metadata: { annotations }, spec: { containers, ...spec } });
      let time = 0;
      for (const [seconds, ready, restarts] of at) {
        await cluster.clock.runFor(Math.round((seconds - time) * 1000));
        time = seconds;
        assert.deepEqual(await stateOf(cluster, 'p'), [ready, restarts], `at ${seconds} s`);
      }
    }));
}

test('tells each failure, and why a container is restarted', () =>
  withCluster(async (cluster) => {
    const containers = [
      {
        name: 'main',
        image: 'argoproj/rollouts-demo:blue',
        livenessProbe: { httpGet: { path: '/none', port: 8080 }, periodSeconds: 1 },
      },
    ];
    await cluster.create(resources.pods, 'p', { spec: { containers } });
    await cluster.runSeconds(6);
    const events = await cluster.events('p');
    assert.ok(events.includes('Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 404'));
    assert.ok(events.includes('Killing: Container main failed liveness probe, will be restarted'));
    const pod = await cluster.get<Pod>(resources.pods, 'p');
    const [status] = (pod?.status?.containerStatuses ?? []) as readonly {
      lastState?: { terminated?: { exitCode?: number } };
    }[];
    assert.equal(status?.lastState?.terminated?.exitCode, 137);
  }));

test('a pod at rest costs no timer, whatever its probes are', () =>
  withCluster(async (cluster) => {
    const probe = { ...http, periodSeconds: 1 };
    const containers = [
      { name: 'main', image: 'nginx:1', startupProbe: probe, readinessProbe: probe, livenessProbe: probe },
    ];
    await cluster.create(resources.pods, 'p', { spec: { containers } });
    await cluster.runSeconds(10);
    const next = cluster.clock.nextAt();
    assert.ok(
      next === undefined || next > cluster.clock.now() + 30_000,
      `a timer in ${(next ?? 0) - cluster.clock.now()} ms`,
    );
  }));

test('a node that was started anew takes running pods over, and restarts nothing', () =>
  withCluster(async (cluster) => {
    const containers = [{ name: 'main', image: 'nginx:1', readinessProbe: http }];
    await cluster.create(resources.pods, 'p', { spec: { containers } });
    await cluster.create(resources.pods, 'crash', { spec: { containers: [{ name: 'main', image: 'crash:1' }] } });
    const job = {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'busybox:1', command: ['sleep', '20'] }],
    };
    await cluster.create(resources.pods, 'job', { spec: job });
    await cluster.runSeconds(8);
    const before = await cluster.get<Pod>(resources.pods, 'p');
    await cluster.cluster.node.stop();
    await cluster.runSeconds(3);
    await cluster.cluster.node.start();
    await cluster.runSeconds(0);
    const after = await cluster.get<Pod>(resources.pods, 'p');
    assert.deepEqual(after?.status, before?.status);
    await cluster.runSeconds(12);
    assert.equal((await cluster.get<Pod>(resources.pods, 'job'))?.status?.phase, 'Succeeded');
    assert.ok(((await stateOf(cluster, 'crash'))[1] ?? 0) >= 2);
    await cluster.client.delete(resources.pods, 'default', 'p');
    await cluster.runSeconds(1);
    assert.equal(await cluster.get(resources.pods, 'p'), undefined);
  }));

const endings: readonly { name: string; container?: object; spec?: object; script?: object; goneAfter: number }[] = [
  { name: 'a moment', goneAfter: 1 },
  { name: 'a pre-stop sleep', container: { lifecycle: { preStop: { sleep: { seconds: 5 } } } }, goneAfter: 6 },
  {
    name: 'a pre-stop command',
    container: { lifecycle: { preStop: { exec: { command: ['/bin/sh', '-c', 'sleep 7'] } } } },
    goneAfter: 8,
  },
  {
    name: 'no longer than the grace period',
    container: { lifecycle: { preStop: { sleep: { seconds: 3 } } } },
    spec: { terminationGracePeriodSeconds: 3 },
    goneAfter: 3,
  },
  {
    name: 'a process that does not want to',
    script: { terminateMs: 60_000 },
    spec: { terminationGracePeriodSeconds: 10 },
    goneAfter: 10,
  },
];

for (const { name, container, spec, script, goneAfter } of endings) {
  test(`a deleted pod takes ${name}`, () =>
    withCluster(async (cluster) => {
      const annotations = script && { 'sandbox.slipway.dev/script': JSON.stringify(script) };
      await cluster.create(resources.pods, 'p', {
        metadata: { annotations },
        spec: { containers: [{ name: 'main', image: 'nginx:1', ...container }], ...spec },
      });
      await cluster.runSeconds(3);
      await cluster.client.delete(resources.pods, 'default', 'p');
      await cluster.clock.runFor(goneAfter * 1000 - 10);
      assert.ok(await cluster.get(resources.pods, 'p'));
      await cluster.clock.runFor(20);
      assert.equal(await cluster.get(resources.pods, 'p'), undefined);
    }));
}

test('scripted failures are read as written', () => {
  const flapping = parseFailures('5-10, 12-13/20')!;
  assert.deepEqual(
    [0, 5, 11, 12, 19, 26].map((second) => scriptedAnswer(flapping, second * 1000)),
    [
      { ok: true, untilMs: 5000 },
      { ok: false, untilMs: 10_000 },
      { ok: true, untilMs: 12_000 },
      { ok: false, untilMs: 13_000 },
      { ok: true, untilMs: 20_000 },
      { ok: false, untilMs: 30_000 },
    ],
  );
  for (const text of ['', 'x', '5', '5-10/0', '-5']) assert.equal(parseFailures(text), undefined);
});
