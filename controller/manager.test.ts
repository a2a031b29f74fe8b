import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../sandbox/clock.ts';
import { seededRandom } from '../sandbox/random.ts';
import { defaultSettings } from '../sandbox/simulation.ts';
import { fakePlugin } from '../test/builders/fake-plugin.ts';
import { noAnswer, refusal, scriptedTransport } from '../test/builders/scripted-transport.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { silentLogger } from './kubernetes/log.ts';
import type { KubeRequest } from './kubernetes/transport.ts';
import { controllerEnvironment, type ManagerDeps, startManager } from './manager.ts';
import { StartProblem } from './start-check.ts';
import { noMetrics } from './telemetry/metrics.ts';

const resources = ['rollouts', 'rollouts/status', 'rollouts/scale'].map((name) => ({ name }));
const lease = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
  releaseOnExit: true,
  identity: 'me',
};

/** An API server with discovery, one Lease without locking, and events. */
class Server {
  lease: { metadata: object; spec: { holderIdentity: string } } | undefined;
  isDown = false;
  discovery: unknown = { resources };
  version = 0;

  readonly answer = ({ verb, path, body }: KubeRequest): unknown => {
    if (path === '/apis/argoproj.io/v1alpha1') return this.discovery;
    if (this.isDown) return noAnswer();
    if (!path.includes('/leases')) return {};
    if (verb === 'GET') return this.lease ?? refusal(404, 'NotFound');
    this.version += 1;
    const written = body as { metadata: object; spec: { holderIdentity: string } };
    this.lease = { ...written, metadata: { ...written.metadata, resourceVersion: String(this.version) } };
    return this.lease;
  };
}

class RecordedController implements Controller {
  readonly name = 'recorded';
  readonly log: string[] = [];
  readonly started = Promise.withResolvers<void>();
  readonly stopped = Promise.withResolvers<void>();
  start(): Promise<void> {
    this.log.push('start');
    return this.started.promise;
  }
  stop(): Promise<void> {
    this.log.push('stop');
    return this.stopped.promise;
  }
}

async function manage(
  options: Partial<ManagerDeps['options']> = {},
  server = new Server(),
  deps: Partial<ManagerDeps> = {},
) {
  const clock = new VirtualClock();
  const transport = scriptedTransport(server.answer);
  const controller = new RecordedController();
  let context: ControllerContext | undefined;
  const manager = await startManager({
    transport,
    clock,
    random: seededRandom(1),
    log: silentLogger,
    metrics: noMetrics,
    options: {
      scope: { namespace: undefined, instanceId: '' },
      settings: {} as never,
      namespace: 'own',
      leaderElection: lease,
      ...options,
    },
    createControllers(given) {
      context = given;
      return [controller];
    },
    ...deps,
  });
  return { clock, server, transport, controller, manager, contextOf: () => context! };
}

test('controllers start only when the lease is held, and the manager leads when their caches are synced', async () => {
  const { clock, server, controller, manager } = await manage();
  await clock.settle();
  assert.equal(server.lease?.spec.holderIdentity, 'me');
  assert.deepEqual(controller.log, ['start']);
  assert.deepEqual([manager.isLeader, manager.cachesSynced], [true, false]);
  controller.started.resolve();
  await clock.waitFor(manager.leading());
  assert.equal(manager.cachesSynced, true);
});

test('the lease is named after the instance', async () => {
  const { clock, transport } = await manage({ scope: { namespace: undefined, instanceId: 'blue' } });
  await clock.settle();
  const paths = transport.requests.map(({ path }) => path);
  assert.ok(paths.includes('/apis/coordination.k8s.io/v1/namespaces/own/leases/argo-rollouts-controller-lock-blue'));
});

test('a standby waits and writes nothing', async () => {
  const server = new Server();
  server.lease = { metadata: { resourceVersion: '1' }, spec: { holderIdentity: 'other' } };
  const { clock, controller, transport, manager } = await manage({}, server);
  await clock.settle();
  await clock.runFor(10_000);
  assert.deepEqual(controller.log, []);
  assert.equal(manager.isLeader, false);
  assert.ok(transport.requests.every(({ verb }) => verb === 'GET'));
  await manager.stop();
  assert.equal(server.lease.spec.holderIdentity, 'other');
});

test('without an election it acts at once', async () => {
  const { clock, controller, transport, contextOf } = await manage({ leaderElection: undefined as never });
  await clock.settle();
  assert.deepEqual(controller.log, ['start']);
  assert.equal(contextOf().fence.remainingMs(), Number.POSITIVE_INFINITY);
  assert.ok(transport.requests.every(({ path }) => !path.includes('/leases')));
});

test('O26: stopping waits for the workers, writes the last events, and gives the lease back', async () => {
  const { clock, server, transport, controller, manager, contextOf } = await manage();
  controller.started.resolve();
  await clock.waitFor(manager.leading());
  const { recorder, fence } = contextOf();
  assert.ok(fence.remainingMs() > 0);
  let isStopped = false;
  void manager.stop().then(() => {
    isStopped = true;
  });
  await clock.runFor(5_000);
  assert.deepEqual(controller.log, ['start', 'stop']);
  assert.equal(isStopped, false);
  assert.equal(fence.remainingMs(), 0, 'no further write of the wave is sent');
  assert.equal(server.lease?.spec.holderIdentity, 'me', 'the lease is held while workers finish');
  const about = { apiVersion: 'v1', kind: 'Rollout', namespace: 'ns', name: 'web', uid: 'u' };
  recorder.record(about, { type: 'Normal', reason: 'RolloutPaused', message: 'x' });
  controller.stopped.resolve();
  await clock.settle();
  assert.equal(isStopped, true);
  assert.equal(server.lease?.spec.holderIdentity, '');
  const paths = transport.requests.map(({ path }) => path);
  assert.ok(paths.indexOf('/api/v1/namespaces/ns/events') > 0);
  assert.ok(paths.at(-1)?.includes('/leases/'));
});

test('workers that do not finish are left after 20 s', async () => {
  const { clock, controller, manager } = await manage();
  controller.started.resolve();
  await clock.waitFor(manager.leading());
  let isStopped = false;
  void manager.stop().then(() => {
    isStopped = true;
  });
  await clock.runFor(19_000);
  assert.equal(isStopped, false);
  await clock.runFor(2_000);
  assert.equal(isStopped, true);
});

test('a lost lease ends the manager and shuts the fence', async () => {
  const { clock, server, controller, manager, contextOf } = await manage();
  controller.started.resolve();
  await clock.waitFor(manager.leading());
  const ended: string[] = [];
  void manager.ended.then((why) => ended.push(why));
  server.isDown = true;
  await clock.runFor(15_000);
  assert.deepEqual(ended, ['leader election lost: the lease was not renewed in time']);
  assert.ok(contextOf().fence.remainingMs() <= 0);
  assert.deepEqual(controller.log, ['start', 'stop']);
});

/** A leader that is asked for a plugin. */
async function leaderWithPlugins() {
  const fake = fakePlugin();
  const managed = await manage({}, new Server(), { workingFolder: fake.folder });
  const { clock, controller, manager, contextOf } = managed;
  controller.started.resolve();
  controller.stopped.resolve();
  await clock.waitFor(manager.leading());
  const use = (
    plugin: { readonly location: string; readonly headerSecrets?: readonly string[] },
    readSecret: () => Promise<undefined> = async () => undefined,
  ) =>
    contextOf().plugins.use(
      { cookie: 'metricprovider', serves: 'RpcMetricProviderPlugin' },
      {
        name: 'acme/fake',
        protocol: 'go-plugin',
        isDisabled: false,
        sha256: undefined,
        args: [],
        headerSecrets: [],
        ...plugin,
      },
      { signal: new AbortController().signal, readSecret },
    );
  return { ...managed, fake, use };
}

for (const end of ['a stop', 'a lost lease'] as const) {
  test(`${end} ends the plugins that run`, async () => {
    const { clock, server, manager, fake, use } = await leaderWithPlugins();
    const plugin = await use({ location: `file://${fake.path}` });
    if (end === 'a stop') await manager.stop();
    server.isDown = true;
    if (end === 'a lost lease') await clock.runFor(15_000);
    await plugin.ended;
    await assert.rejects(plugin.call('Type', undefined), { message: 'connection is shut down' });
    fake.remove();
  });
}

test('plugins whose start goes on and on are left after 3 s', async () => {
  const { clock, server, manager, fake, use } = await leaderWithPlugins();
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
  const starting = use({ location: 'https://nowhere.invalid/', headerSecrets: ['silent'] }, () => {
    asked();
    return new Promise(() => {});
  });
  starting.catch(() => {});
  await isAsked;
  const stopped = manager.stop();
  await clock.runFor(2_999);
  assert.equal(server.lease?.spec.holderIdentity, 'me');
  await clock.runFor(1);
  await stopped;
  assert.equal(server.lease?.spec.holderIdentity, '');
  fake.remove();
});

/** Which collections a process asks for while its controllers start, in order of their names. */
async function listed(options: Partial<ManagerDeps['options']>): Promise<string[]> {
  const clock = new VirtualClock();
  const empty = { metadata: { resourceVersion: '1' }, items: [] };
  const transport = scriptedTransport(({ path }) =>
    path === '/apis/argoproj.io/v1alpha1' ? { resources: [...resources, { name: 'analysisruns' }] } : empty,
  );
  const manager = await startManager({
    transport,
    clock,
    random: seededRandom(1),
    log: silentLogger,
    metrics: noMetrics,
    options: {
      scope: { namespace: undefined, instanceId: '' },
      settings: { ...defaultSettings },
      namespace: 'own',
      ...options,
    },
  });
  await clock.waitFor(manager.leading());
  const asked = transport.requests.slice(1).map(({ path, query }) => [path, query?.labelSelector].join(' ').trim());
  await clock.waitFor(manager.stop());
  return asked.sort();
}

const unlabelled = '!argo-rollouts.argoproj.io/controller-instance-id';

test('every kind is listed once, however many controllers follow it', async () => {
  const asked = await listed({});
  assert.deepEqual(asked, [...new Set(asked)]);
  for (const kind of ['analysisruns', 'analysistemplates', 'clusteranalysistemplates', 'rollouts']) {
    assert.ok(asked.includes(`/apis/argoproj.io/v1alpha1/${kind} ${unlabelled}`), `${kind} in ${asked.join('\n')}`);
  }
});

test('templates carry the label of the instance as runs do', async () => {
  const asked = await listed({ scope: { namespace: undefined, instanceId: 'blue' } });
  for (const kind of ['analysisruns', 'analysistemplates', 'clusteranalysistemplates']) {
    assert.ok(asked.includes(`/apis/argoproj.io/v1alpha1/${kind} ${unlabelled.slice(1)}=blue`), kind);
  }
});

test('in one namespace nothing of the scope of the cluster is asked for', async () => {
  const asked = await listed({ scope: { namespace: 'team', instanceId: '' } });
  assert.ok(asked.length > 5);
  assert.deepEqual(
    asked.filter((path) => !path.includes('/namespaces/team/')),
    [],
  );
});

test('--controllers=analysis looks at runs and templates and at nothing else', async () => {
  assert.deepEqual(await listed({ isAnalysisOnly: true }), [
    `/apis/argoproj.io/v1alpha1/analysisruns ${unlabelled}`,
    `/apis/argoproj.io/v1alpha1/analysistemplates ${unlabelled}`,
    `/apis/argoproj.io/v1alpha1/clusteranalysistemplates ${unlabelled}`,
  ]);
});

test('--controllers=analysis starts on a cluster that has no Rollouts', async () => {
  const transport = scriptedTransport(() => ({ resources: [{ name: 'analysisruns' }] }));
  const deps = { transport, clock: new VirtualClock(), random: seededRandom(1), log: silentLogger, metrics: noMetrics };
  const options = { scope: { namespace: undefined, instanceId: '' }, settings: {} as never, namespace: 'own' };
  const createControllers = () => [];
  const manager = await startManager({ ...deps, options: { ...options, isAnalysisOnly: true }, createControllers });
  await manager.stop();
  await assert.rejects(startManager({ ...deps, options, createControllers }), /without rollouts, rollouts\/status/);
});

test('a cluster without the CRDs, or with half of them, is not worth starting on', async () => {
  const start = (discovery: unknown) =>
    startManager({
      transport: scriptedTransport(() => discovery),
      clock: new VirtualClock(),
      random: seededRandom(1),
      log: silentLogger,
      metrics: noMetrics,
      options: { scope: { namespace: undefined, instanceId: '' }, settings: {} as never, namespace: 'own' },
      createControllers: () => [],
    });
  await assert.rejects(start(refusal(404, 'NotFound')), (error: Error) => {
    assert.ok(error instanceof StartProblem);
    assert.match(error.message, /^the cluster does not know argoproj\.io\/v1alpha1: apply the CRDs first/);
    return true;
  });
  await assert.rejects(start({ resources: resources.slice(0, 2) }), /without rollouts\/scale: apply the CRDs/);
  await assert.rejects(start(noAnswer()), StartProblem);
  const manager = await start(refusal(403, 'Forbidden'));
  await manager.stop();
});

test('controllers look for Secrets and plugins in the namespace of the process, whether POD_NAMESPACE is set or not', () => {
  const { PATH, POD_NAMESPACE } = controllerEnvironment('rollouts-system');
  assert.deepEqual([POD_NAMESPACE, PATH], ['rollouts-system', process.env.PATH]);
});
