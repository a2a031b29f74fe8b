// The rights that deploy/ ships, on a cluster that obeys them: the controller works through whole rollouts under its
// service account and is never refused, and every right that it did not use then has a reason to be there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import type { AnalysisRun, AnalysisTemplate, Rollout } from '../controller/api/types.generated.ts';
import { silentLogger } from '../controller/kubernetes/log.ts';
import { KubeError, type KubeRequest, type Transport } from '../controller/kubernetes/transport.ts';
import { parseYamlDocuments } from '../controller/lang/yaml.ts';
import { type Manager, startManager } from '../controller/manager.ts';
import { noMetrics } from '../controller/telemetry/metrics.ts';
import { askTargets } from '../controller/traffic/alb/client-targets.ts';
import { VirtualClock } from '../sandbox/clock.ts';
import { type Cluster, createCluster } from '../sandbox/cluster.ts';
import { applyObjects } from '../sandbox/manifests.ts';
import { seededRandom } from '../sandbox/random.ts';
import { defaultSettings, kubeTransport, whileRunning } from '../sandbox/simulation.ts';
import { bindServices } from './builders/late-targets.ts';
import { attributesOf, controllerRole, readManifest } from './builders/rbac.ts';

const namespace = 'argo-rollouts';
const clock = new VirtualClock();
const random = seededRandom(1);
const used = new Set<string>();
const refused: string[] = [];
let cluster: Cluster;
let manager: Manager;
let user: Transport;
/** The controller's. */
let own: Transport;

/** Notes what was used, as `group resource verb`, and what was refused. */
function recording(inner: Transport): Transport {
  const note = (request: KubeRequest, isWatch: boolean): void => {
    const asked = attributesOf(request, isWatch);
    if (asked !== undefined) used.add(`${asked.group} ${asked.resource} ${asked.verb}`);
  };
  const noteRefusal = (problem: unknown): void => {
    if (problem instanceof KubeError && problem.status === 403) refused.push(problem.message);
  };
  return {
    async request(request) {
      note(request, false);
      return inner.request(request).catch((problem: unknown) => {
        noteRefusal(problem);
        throw problem;
      });
    },
    watch(request, sink) {
      note(request, true);
      return inner.watch(request, {
        ...sink,
        frame: (frame) => sink.frame(frame),
        closed(problem) {
          noteRefusal(problem);
          sink.closed(problem);
        },
      });
    },
    close: () => inner.close(),
  };
}

const ask = (request: KubeRequest) => whileRunning(clock, user.request(request));
const merge = (path: string, body: unknown) =>
  ask({ verb: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
const rolloutPath = (name: string): string => `/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/${name}`;

async function apply(objects: readonly unknown[], where: string): Promise<void> {
  await whileRunning(clock, applyObjects(user, objects as never, where));
}

function example(file: string): unknown[] {
  const text = readFileSync(new URL(`../examples/${file}`, import.meta.url), 'utf8');
  return parseYamlDocuments(text).map(({ value }) => value);
}

/** There is no Prometheus here. */
function withoutAnalysis(rollout: Rollout): Rollout {
  const { canary } = rollout.spec.strategy ?? {};
  const steps = canary?.steps?.map(({ experiment, ...step }) => {
    if (!experiment) return step;
    const { analyses: _analyses, ...rest } = experiment;
    return { experiment: { ...rest, duration: '10s' } };
  });
  return { ...rollout, spec: { ...rollout.spec, strategy: { canary: { ...canary, ...(steps ? { steps } : {}) } } } };
}

function withArgument(template: AnalysisTemplate, argument: { readonly name: string }): AnalysisTemplate {
  const { args = [] } = template.spec;
  return { ...template, spec: { ...template.spec, args: [...(args ?? []), argument] } };
}

async function setImage(path: string, colour: string): Promise<void> {
  const value = `argoproj/rollouts-demo:${colour}`;
  await ask({
    verb: 'PATCH',
    path,
    body: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value }],
    contentType: 'application/json-patch+json',
  });
}

async function statusOf(name: string): Promise<{ phase?: string; readyReplicas?: number }> {
  const { body } = await ask({ verb: 'GET', path: rolloutPath(name) });
  return (body as { status: object }).status;
}

before(async () => {
  cluster = createCluster({ clock, random, apiServerOptions: { rbac: true, guardOwnerReferences: true } });
  await whileRunning(clock, cluster.start());
  user = kubeTransport(cluster.transport());
  await apply(readManifest('deploy/cluster/rbac.yaml'), namespace);
  await apply(readManifest('deploy/base/controller.yaml'), namespace);
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/argo-rollouts/token`;
  const { body } = await ask({ verb: 'POST', path: account, body: {} });
  const identity = cluster.apiServer.authenticate((body as { status: { token: string } }).status.token);
  assert.equal(identity?.name, 'system:serviceaccount:argo-rollouts:argo-rollouts');
  own = recording(kubeTransport(cluster.transport(identity)));
  manager = await whileRunning(
    clock,
    startManager({
      transport: own,
      clock,
      random,
      log: silentLogger,
      metrics: noMetrics,
      options: {
        scope: { namespace: undefined, instanceId: '' },
        settings: defaultSettings,
        namespace,
        leaderElection: {
          leaseDurationMs: 15_000,
          renewDeadlineMs: 10_000,
          retryPeriodMs: 2_000,
          releaseOnExit: true,
          identity: 'me',
        },
      },
    }),
  );
  await whileRunning(clock, manager.leading());
});

after(async () => {
  await whileRunning(clock, cluster.stop());
});

test('a canary with an ALB is updated, promoted, aborted, restarted and deleted', async () => {
  await apply(example('canary-alb.yaml'), 'default');
  const path = rolloutPath('rollouts-demo');
  await merge(path, {
    spec: { revisionHistoryLimit: 0, strategy: { canary: { canaryMetadata: { labels: { role: 'canary' } } } } },
  });
  await clock.runFor(60_000);
  await setImage(path, 'yellow');
  await clock.runFor(60_000);
  await merge(`${path}/status`, { status: { promoteFull: true } });
  await clock.runFor(120_000);
  await setImage(path, 'bad-red');
  await clock.runFor(60_000);
  await merge(`${path}/status`, { status: { abort: true } });
  await clock.runFor(120_000);
  await setImage(path, 'yellow');
  await clock.runFor(60_000);
  await merge(path, { spec: { restartAt: new Date(clock.now()).toISOString().replace(/\.\d+/, '') } });
  await clock.runFor(120_000);
  assert.equal((await statusOf('rollouts-demo')).phase, 'Healthy');
  await ask({ verb: 'DELETE', path });
  await clock.runFor(60_000);
});

test('a blue/green rollout is promoted, and keeps no more revisions than it may', async () => {
  await apply(example('blue-green.yaml'), 'default');
  const path = rolloutPath('bluegreen');
  await merge(path, { spec: { revisionHistoryLimit: 1, strategy: { blueGreen: { autoPromotionEnabled: true } } } });
  await clock.runFor(60_000);
  for (const colour of ['yellow', 'green', 'purple']) {
    await setImage(path, colour);
    await clock.runFor(120_000);
  }
  assert.equal((await statusOf('bluegreen')).phase, 'Healthy');
  const { body } = await ask({ verb: 'GET', path: '/apis/apps/v1/namespaces/default/replicasets' });
  const owned = (body as { items: { metadata: { name: string } }[] }).items.filter(({ metadata }) =>
    metadata.name.startsWith('bluegreen-'),
  );
  assert.equal(owned.length, 2);
});

test('a Deployment is taken over by reference and scaled down', async () => {
  const labels = { app: 'ref' };
  await apply(
    [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'ref' },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'main', image: 'argoproj/rollouts-demo:blue' }] },
          },
        },
      },
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Rollout',
        metadata: { name: 'ref' },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ref', scaleDown: 'onsuccess' },
          strategy: { canary: { steps: [{ setWeight: 50 }] } },
        },
      },
    ],
    'default',
  );
  await clock.runFor(120_000);
  assert.deepEqual([(await statusOf('ref')).phase, (await statusOf('ref')).readyReplicas], ['Healthy', 2]);
  const { body } = await ask({ verb: 'GET', path: '/apis/apps/v1/namespaces/default/deployments/ref' });
  assert.equal((body as { spec: { replicas: number } }).spec.replicas, 0);
});

test('an Experiment with a Service and an analysis runs to its end', async () => {
  await apply(example('experiment.yaml'), 'default');
  await clock.runFor(120_000);
  const path = '/apis/argoproj.io/v1alpha1/namespaces/default/experiments/compare';
  const { body } = await ask({ verb: 'GET', path });
  assert.equal((body as { status: { phase?: string } }).status.phase, 'Successful');
  const { body: services } = await ask({ verb: 'GET', path: '/api/v1/namespaces/default/services' });
  assert.ok(!JSON.stringify(services).includes('compare-'), 'its Services are gone');
});

test('a canary step makes an Experiment, and old ones are forgotten', async () => {
  const objects = example('canary-experiment.yaml') as KubernetesObject[];
  const isRollout = ({ kind }: KubernetesObject) => kind === 'Rollout';
  await apply(
    objects.map((object) => (isRollout(object) ? withoutAnalysis(object as Rollout) : object)),
    'default',
  );
  const path = rolloutPath('rollouts-demo');
  await merge(path, { spec: { analysis: { successfulRunHistoryLimit: 0, unsuccessfulRunHistoryLimit: 0 } } });
  await clock.runFor(60_000);
  await setImage(path, 'yellow');
  await clock.runFor(20_000);
  await setImage(path, 'green');
  await clock.runFor(300_000);
  assert.equal((await statusOf('rollouts-demo')).phase, 'Healthy');
  const { body } = await ask({ verb: 'GET', path: '/apis/argoproj.io/v1alpha1/namespaces/default/experiments' });
  const left = (body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
  assert.deepEqual(left, ['compare'], 'those of the Rollout are gone');
});

test('a canary step is analysed by a Job, with an argument from a Secret; old runs are forgotten, an abort ends it', async () => {
  const objects = example('canary-step-analysis.yaml') as KubernetesObject[];
  const token = { name: 'token', valueFrom: { secretKeyRef: { name: 'credentials', key: 'token' } } };
  const analysed = objects.map((object) =>
    object.kind === 'AnalysisTemplate' ? withArgument(object as AnalysisTemplate, token) : object,
  );
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'credentials' },
    stringData: { token: 's3cret' },
  };
  await apply([secret, ...analysed], 'default');
  const path = rolloutPath('canary-step-analysis');
  await merge(path, { spec: { analysis: { successfulRunHistoryLimit: 1 } } });
  await clock.runFor(60_000);
  for (const colour of ['yellow', 'green', 'purple']) {
    await setImage(path, colour);
    await clock.runFor(120_000);
  }
  assert.equal((await statusOf('canary-step-analysis')).phase, 'Healthy');
  const { body } = await ask({ verb: 'GET', path: '/apis/argoproj.io/v1alpha1/namespaces/default/analysisruns' });
  const own = (body as { items: AnalysisRun[] }).items.filter(({ metadata }) =>
    metadata?.name?.startsWith('canary-step-analysis-'),
  );
  assert.deepEqual(
    own.map(({ status }) => status?.phase),
    ['Successful'],
  );
  await setImage(path, 'orange');
  await clock.runFor(5_000);
  await merge(`${path}/status`, { status: { abort: true } });
  await clock.runFor(60_000);
  const { body: jobs } = await ask({ verb: 'GET', path: '/apis/batch/v1/namespaces/default/jobs' });
  const running = (jobs as { items: { status?: { active?: number } }[] }).items.filter(({ status }) => status?.active);
  assert.equal(running.length, 0, 'the Job of the aborted update is gone');
});

test('a canary behind ingress-nginx has an Ingress of its own as long as it lasts', async () => {
  await apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'nginx' } }], 'default');
  await apply(example('canary-nginx.yaml'), 'nginx');
  const path = '/apis/argoproj.io/v1alpha1/namespaces/nginx/rollouts/rollouts-demo';
  await clock.runFor(60_000);
  await setImage(path, 'yellow');
  await clock.runFor(60_000);
  await merge(`${path}/status`, { status: { pauseConditions: null } });
  await clock.runFor(300_000);
  const { body } = await ask({ verb: 'GET', path });
  assert.equal((body as Rollout).status?.phase, 'Healthy');
});

test('target verification reads bindings and endpoints', async () => {
  await bindServices({ clock, transport: user }, ['rollouts-demo-stable'], 'default');
  const facts = await whileRunning(
    clock,
    askTargets(
      { namespace: 'default', service: 'rollouts-demo-stable', ports: [{ port: 80 }], podPrefix: 'rollouts-demo-' },
      {
        transport: own,
        signal: new AbortController().signal,
        bindingApis: defaultSettings.targetGroupBindingApis,
        connect: async () => ({ targetHealth: async () => [] }),
      },
    ),
  );
  assert.equal(facts.groups.length, 1);
});

test('the controller was never refused', async () => {
  await whileRunning(clock, manager.stop());
  assert.deepEqual(refused, []);
  assert.ok(used.size > 25, [...used].sort().join(', '));
});

/** Why a right is there that these rollouts do not use; `*` stands for any word. Each row must match some right. */
const explained: readonly (readonly [right: string, why: string])[] = [
  ['argoproj.io rollouts/finalizers *', 'ownerReferences that block deletion, where admission asks for it'],
  ['argoproj.io rollouts update', 'the rights of the reference: here they are patched'],
  ['argoproj.io rollouts/status get', 'the rights of the reference'],
  ['argoproj.io rollouts/status list', 'the rights of the reference'],
  ['argoproj.io rollouts/status watch', 'the rights of the reference'],
  ['argoproj.io rollouts/status update', 'the rights of the reference'],
  ['argoproj.io analysisruns get', 'a named AnalysisRun that the cache does not have yet'],
  ['argoproj.io analysisruns update', 'the rights of the reference: here they are patched'],
  ['argoproj.io analysisruns/finalizers *', 'ownerReferences that block deletion, where admission asks for it'],
  ['argoproj.io experiments get', 'a named Experiment that the cache does not have yet'],
  ['argoproj.io experiments update', 'the rights of the reference: here they are patched'],
  ['argoproj.io experiments/finalizers *', 'ownerReferences that block deletion, where admission asks for it'],
  ['argoproj.io analysistemplates get', 'a named template that the cache does not have yet'],
  ['argoproj.io clusteranalysistemplates get', 'a named template that the cache does not have yet'],
  ['apps replicasets get', 'read again after a conflict'],
  ['apps replicasets update', 'the rights of the reference: here they are patched'],
  [' deployments *', 'the reference has the groups of one row together'],
  ['* podtemplates *', 'workloadRef to a PodTemplate'],
  [' services get', 'a named Service that the cache does not have yet'],
  [' secrets list', 'notifications; for analysis they are read one by one'],
  [' secrets watch', 'notifications; for analysis they are read one by one'],
  [' configmaps *', 'configuration, notifications'],
  [' pods get', 'ephemeral metadata, read again after a conflict'],
  [' pods watch', 'Job metrics'],
  [' events update', 'the rights of the reference: here they are patched'],
  ['networking.k8s.io ingresses update', 'the rights of the reference: here they are patched'],
  ['networking.k8s.io ingresses get', 'a named Ingress that the cache does not have yet'],
  ['extensions ingresses *', 'clusters whose Ingresses are older than networking.k8s.io/v1'],
  ['batch jobs list', 'the rights of the reference: here each is read by its name'],
  ['batch jobs watch', 'the rights of the reference: here each is read by its name'],
  ['batch jobs update', 'the rights of the reference: Jobs of metrics are not changed'],
  ['batch jobs patch', 'the rights of the reference: Jobs of metrics are not changed'],
  ['networking.istio.io * *', 'Istio'],
  ['split.smi-spec.io * *', 'SMI'],
  ['getambassador.io * *', 'Ambassador'],
  ['x.getambassador.io * *', 'Ambassador'],
  [' endpoints get', 'verification of ALB target groups, where slices may not be read'],
  ['elbv2.k8s.aws * get', 'the rights of the reference: here they are listed'],
  ['eks.amazonaws.com * get', 'the rights of the reference: here they are listed'],
  ['appmesh.k8s.aws * *', 'App Mesh'],
  ['traefik.containo.us * *', 'Traefik'],
  ['traefik.io * *', 'Traefik'],
  ['apisix.apache.org * *', 'APISIX'],
];

/** What the rollouts above must have used: an explanation would hide that a part of the controller went missing. */
const needed = [
  'argoproj.io rollouts list',
  'argoproj.io rollouts watch',
  'argoproj.io rollouts/status patch',
  'apps replicasets create',
  'apps replicasets delete',
  'apps replicasets list',
  'apps replicasets watch',
  'apps deployments get',
  'apps deployments update',
  ' services list',
  ' services watch',
  ' services patch',
  ' services create',
  ' services delete',
  'argoproj.io experiments list',
  'argoproj.io experiments watch',
  'argoproj.io experiments create',
  'argoproj.io experiments patch',
  'argoproj.io experiments delete',
  'argoproj.io analysisruns list',
  'argoproj.io analysisruns watch',
  'argoproj.io analysisruns create',
  'argoproj.io analysisruns patch',
  'argoproj.io analysisruns delete',
  'argoproj.io analysistemplates list',
  'argoproj.io analysistemplates watch',
  'argoproj.io clusteranalysistemplates list',
  'argoproj.io clusteranalysistemplates watch',
  'batch jobs create',
  'batch jobs get',
  'batch jobs delete',
  ' secrets get',
  'networking.k8s.io ingresses create',
  'networking.k8s.io ingresses list',
  'networking.k8s.io ingresses watch',
  'networking.k8s.io ingresses patch',
  'coordination.k8s.io leases create',
  'coordination.k8s.io leases get',
  'coordination.k8s.io leases update',
  ' pods list',
  ' pods/eviction create',
  ' events create',
  'elbv2.k8s.aws targetgroupbindings list',
  'eks.amazonaws.com targetgroupbindings list',
  'discovery.k8s.io endpointslices list',
];

test('each right of the role was used or has a reason', () => {
  const rights = controllerRole('deploy/cluster/rbac.yaml').flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((one) => verbs.map((verb) => `${group} ${one} ${verb}`))),
  );
  const reasons = explained.map(
    ([pattern]) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '\\S*')}$`),
  );
  const unexplained = rights.filter((right) => !used.has(right) && !reasons.some((reason) => reason.test(right)));
  assert.deepEqual(unexplained, []);
  const idle = reasons.filter((reason) => !rights.some((right) => reason.test(right)));
  assert.deepEqual(idle, [], 'reasons for rights that the role does not have');
  assert.deepEqual(
    needed.filter((right) => !used.has(right)),
    [],
  );
});
