// What people write wrongly into built-in kinds, and what kube-apiserver says of it, row by row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from '../test-server.ts';

const app = { app: 'a' };
const main = { name: 'main', image: 'nginx:1' };

interface Row {
  readonly where: string;
  readonly body: object;
  /** The text behind `is invalid: `. */
  readonly told: string;
}

const core = '/api/v1/namespaces/default';
const group = (name: string): string => `/apis/${name}/namespaces/default`;

function workload(kind: string, spec: object, pod: object = {}): object {
  const template = { metadata: { labels: app }, spec: { containers: [main], ...pod } };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'x' },
    spec: { selector: { matchLabels: app }, template, ...spec },
  };
}

const deployment = (spec: object, told: string): Row => ({
  where: `${group('apps/v1')}/deployments`,
  body: workload('Deployment', spec),
  told,
});
const pod = (spec: object, told: string): Row => ({
  where: `${core}/pods`,
  body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: [main], ...spec } },
  told,
});
const container = (more: object, told: string): Row => pod({ containers: [{ ...main, ...more }] }, told);
const secret = (type: string, data: object, told: string): Row => ({
  where: `${core}/secrets`,
  body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, type, data },
  told,
});
const cronJob = (spec: object, told: string, name = 'x'): Row => ({
  where: `${group('batch/v1')}/cronjobs`,
  body: {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name },
    spec: {
      schedule: '* * * * *',
      jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [main] } } } },
      ...spec,
    },
  },
  told,
});
const quota = (spec: object, told: string): Row => ({
  where: `${core}/resourcequotas`,
  body: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'x' }, spec },
  told,
});
const claim = (spec: object, told: string): Row => ({
  where: `${core}/persistentvolumeclaims`,
  body: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'x' }, spec },
  told,
});
const autoscaler = (metric: object, told: string): Row => ({
  where: `${group('autoscaling/v2')}/horizontalpodautoscalers`,
  body: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'x' },
    spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'd' }, metrics: [metric] },
  },
  told,
});
const role = (rule: object, told: string): Row => ({
  where: `${group('rbac.authorization.k8s.io/v1')}/roles`,
  body: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'x' }, rules: [rule] },
  told,
});
const ingress = (spec: object, told: string): Row => ({
  where: `${group('networking.k8s.io/v1')}/ingresses`,
  body: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'x' },
    spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } }, ...spec },
  },
  told,
});

const percent =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
const wildcard =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const keyRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const rows: readonly Row[] = [
  // How pods are replaced.
  deployment(
    { strategy: { type: 'Recreate', rollingUpdate: {} } },
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ),
  deployment(
    { strategy: { type: 'Blue' } },
    'spec.strategy.type: Unsupported value: "Blue": supported values: "Recreate", "RollingUpdate"',
  ),
  deployment(
    { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
  ),
  deployment(
    { strategy: { rollingUpdate: { maxSurge: 'many', maxUnavailable: '150%' } } },
    `[spec.strategy.rollingUpdate.maxSurge: Invalid value: "many": ${percent}, spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%]`,
  ),
  {
    where: `${group('apps/v1')}/statefulsets`,
    body: workload('StatefulSet', { podManagementPolicy: 'Any', updateStrategy: { type: 'Some' } }),
    told: "[spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel', spec.updateStrategy: Invalid value: {\"type\":\"Some\"}: must be 'RollingUpdate' or 'OnDelete']",
  },
  {
    where: `${group('apps/v1')}/daemonsets`,
    body: workload('DaemonSet', { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } }),
    told: 'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
  },
  // Pods.
  container(
    { env: [{ name: 'A=B' }] },
    'spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
  ),
  container(
    { envFrom: [{}] },
    'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
  ),
  container({ envFrom: [{ secretRef: {} }] }, 'spec.containers[0].envFrom[0].secretRef.name: Required value'),
  container(
    { lifecycle: { preStop: {} } },
    'spec.containers[0].lifecycle.preStop: Required value: must specify a handler type',
  ),
  container(
    { securityContext: { runAsUser: -1 } },
    'spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
  ),
  container(
    {
      ports: [
        { containerPort: 80, hostPort: 80 },
        { containerPort: 81, hostPort: 80 },
      ],
    },
    'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"',
  ),
  pod(
    { initContainers: [{ ...main, name: 'i', readinessProbe: { tcpSocket: { port: 1 } } }] },
    'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
  ),
  pod({ volumes: [{ name: 'v', configMap: {} }] }, 'spec.volumes[0].configMap.name: Required value'),
  pod(
    { activeDeadlineSeconds: 0 },
    'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
  ),
  pod(
    { tolerations: [{ key: 'k', operator: 'Exists', value: 'v' }] },
    'spec.tolerations[0].operator: Invalid value: {"key":"k","operator":"Exists","value":"v"}: value must be empty when `operator` is \'Exists\'',
  ),
  pod(
    { tolerations: [{ key: 'k', effect: 'Never' }] },
    'spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"',
  ),
  pod(
    { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'Wait' }] },
    '[spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero, spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Wait": supported values: "DoNotSchedule", "ScheduleAnyway"]',
  ),
  pod(
    { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] } } },
    [
      'Required value: can not be empty',
      'Invalid value: "": name part must be non-empty',
      `Invalid value: "": ${keyRule}`,
    ]
      .map(
        (one) => `spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: ${one}`,
      )
      .join(', ')
      .replace(/^.*$/s, '[$&]'),
  ),
  // Secrets, by their type.
  secret('kubernetes.io/basic-auth', {}, '[data[username]: Required value, data[password]: Required value]'),
  secret('kubernetes.io/ssh-auth', {}, 'data[ssh-privatekey]: Required value'),
  secret('kubernetes.io/dockerconfigjson', {}, 'data[.dockerconfigjson]: Required value'),
  secret(
    'kubernetes.io/dockerconfigjson',
    { '.dockerconfigjson': Buffer.from('secret').toString('base64') },
    `data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 's' looking for beginning of value`,
  ),
  // CronJobs.
  cronJob({ schedule: 'nope' }, 'spec.schedule: Invalid value: "nope": expected exactly 5 fields, found 1: [nope]'),
  cronJob(
    { schedule: '61 * * * *' },
    'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
  ),
  cronJob(
    { schedule: 'x * * * *' },
    'spec.schedule: Invalid value: "x * * * *": failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
  ),
  cronJob({ timeZone: 'Nowhere/City' }, 'spec.timeZone: Invalid value: "Nowhere/City": unknown time zone Nowhere/City'),
  cronJob(
    { concurrencyPolicy: 'Some' },
    'spec.concurrencyPolicy: Unsupported value: "Some": supported values: "Allow", "Forbid", "Replace"',
  ),
  cronJob(
    { jobTemplate: { spec: { template: { spec: { containers: [main] } } } } },
    'spec.jobTemplate.spec.template.spec.restartPolicy: Unsupported value: "Always": supported values: "OnFailure", "Never"',
  ),
  cronJob({}, `metadata.name: Invalid value: "${'x'.repeat(53)}": must be no more than 52 characters`, 'x'.repeat(53)),
  // Quotas, claims, autoscalers, rights, hosts.
  quota(
    { hard: { gold: 1 } },
    '[spec.hard[gold]: Invalid value: "gold": must be a standard resource type or fully qualified, spec.hard[gold]: Invalid value: "gold": must be a standard resource for quotas]',
  ),
  quota({ hard: { pods: -1 } }, 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'),
  quota(
    { hard: { 'requests.cpu': 1 }, scopes: ['BestEffort'] },
    'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
  ),
  claim(
    {},
    '[spec.accessModes: Required value: at least 1 access mode is required, spec.resources[storage]: Required value]',
  ),
  autoscaler(
    { type: 'Resource' },
    'spec.metrics[0].resource: Required value: must populate information for the given metric source',
  ),
  autoscaler(
    { type: 'Gold' },
    'spec.metrics[0].type: Unsupported value: "Gold": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
  ),
  role(
    { verbs: ['get'], nonResourceURLs: ['/x'] },
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ),
  role(
    {},
    '[rules[0].verbs: Required value: verbs must contain at least one value, rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[0].resources: Required value: resource rules must supply at least one resource]',
  ),
  ingress({ tls: [{ hosts: ['*'] }] }, `spec.tls[0].hosts[0]: Invalid value: "*": ${wildcard}`),
  {
    where: `${core}/configmaps`,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: 'x'.repeat(1_048_577) } },
    told: '[]: Too long: may not be more than 1048576 bytes',
  },
];

for (const { where, body, told } of rows) {
  test(told.slice(0, 120), async () => {
    const { refusal } = startTestServer();
    const { code, message = '' } = await refusal('POST', where, body);
    assert.equal(code, 422);
    assert.equal(message.slice(message.indexOf(' is invalid: ') + ' is invalid: '.length), told);
  });
}

test('what could be a name but for its dots is told so, in refusals and in warnings', async () => {
  const { refusal, ask } = startTestServer();
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b' } };
  const { message } = await refusal('POST', '/api/v1/namespaces', namespace);
  assert.equal(message, 'Namespace "a.b" is invalid: metadata.name: Invalid value: "a.b": must not contain dots');
  const body = { ...workload('Deployment', {}), metadata: { name: 'a.b' } };
  const { headers } = await ask('POST', `${group('apps/v1')}/deployments`, body);
  assert.match(headers.warning ?? '', /a DNS label is recommended: \[must not contain dots\]"$/);
});

test('only some fields of a StatefulSet may change', async () => {
  const { ok, refusal } = startTestServer();
  const path = `${group('apps/v1')}/statefulsets`;
  await ok('POST', path, workload('StatefulSet', {}));
  const patch = { headers: { 'content-type': 'application/merge-patch+json' } };
  await ok('PATCH', `${path}/x`, { spec: { replicas: 3, minReadySeconds: 1 } }, patch);
  const { message } = await refusal('PATCH', `${path}/x`, { spec: { serviceName: 'other' } }, patch);
  assert.equal(
    message,
    "StatefulSet.apps \"x\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  );
});

test('what hides something else is warned of, once it is written', async () => {
  const { ask } = startTestServer();
  const env = ['1', '$(A)2', '3'].map((value) => ({ name: 'A', value }));
  const ports = [{ containerPort: 80 }, { containerPort: 80 }];
  const body = workload('Deployment', {}, { containers: [{ ...main, env, ports }] });
  const path = `${group('apps/v1')}/deployments`;
  const { headers, status } = await ask('POST', path, body);
  assert.equal(status, 201);
  const at = 'spec.template.spec.containers[0]';
  assert.deepEqual(
    headers.warning?.split(', 299 - ').map((one) => JSON.parse(one.replace('299 - ', ''))),
    [
      `${at}.ports[1]: duplicate port definition with ${at}.ports[0]`,
      `${at}.env[2]: hides previous definition of "A", which may be dropped when using apply`,
    ],
  );
  const patch = { headers: { 'content-type': 'application/merge-patch+json' } };
  const scaled = await ask('PATCH', `${path}/x`, { spec: { replicas: 2 } }, patch);
  assert.equal(scaled.headers.warning, undefined);
});
