import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PodTemplateSpec } from '../kubernetes-types.ts';
import { validatePodTemplateForReplicaSet } from './pod-template.ts';

function textsOf(spec: Record<string, unknown>): string[] {
  const template = { metadata: { labels: { app: 'web' } }, spec } as unknown as PodTemplateSpec;
  return [...validatePodTemplateForReplicaSet(template, true, 't')].map((error) => error.text.replace('t.spec.', ''));
}

function withContainer(fields: Record<string, unknown>, spec: Record<string, unknown> = {}): string[] {
  return textsOf({ containers: [{ name: 'main', image: 'nginx:1', ...fields }], ...spec });
}

test('a template with a bit of everything is valid', () => {
  const container = {
    ports: [
      { name: 'http', containerPort: 8080 },
      { containerPort: 9090, protocol: 'UDP' },
    ],
    env: [
      { name: 'A', value: 'b' },
      { name: 'B', valueFrom: { fieldRef: { fieldPath: "metadata.labels['x']" } } },
    ],
    envFrom: [{ configMapRef: { name: 'c' } }],
    volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a/b' }],
    resources: { requests: { cpu: '100m', 'nvidia.com/gpu': 1 }, limits: { cpu: '1', 'nvidia.com/gpu': '1' } },
    readinessProbe: { httpGet: { path: '/', port: 'http' } },
    livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 3 },
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    securityContext: { privileged: true, runAsUser: 0 },
  };
  const spec = {
    volumes: [{ name: 'v' }, { name: 'w', configMap: { name: 'c' } }],
    initContainers: [{ name: 'init', image: 'b' }],
    tolerations: [{ operator: 'Exists' }],
    restartPolicy: 'Always',
  };
  assert.deepEqual(withContainer(container, spec), []);
});

test("resources of Kubernetes' own, prefixed or not, may be less than their limit, and fractions", () => {
  const batch = (cpu: string) => ({ 'kubernetes.io/batch-cpu': cpu });
  assert.deepEqual(withContainer({ resources: { requests: batch('500m'), limits: batch('2') } }), []);
  assert.deepEqual(withContainer({ resources: { requests: batch('1') } }), []);
  const gpu = { 'nvidia.com/gpu': '500m' };
  assert.equal(
    withContainer({ resources: { requests: gpu, limits: gpu } })[0],
    'containers[0].resources.limits[nvidia.com/gpu]: Invalid value: "500m": must be an integer',
  );
});

test('each rule answers with the text of Kubernetes', () => {
  const at = 'containers[0]';
  const rows: readonly (readonly [Record<string, unknown>, readonly string[]])[] = [
    [{ name: '' }, [`${at}.name: Required value`]],
    [{ ports: [{ containerPort: 0 }] }, [`${at}.ports[0].containerPort: Required value`]],
    [
      { ports: [{ containerPort: 70000 }] },
      [`${at}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`],
    ],
    [
      { ports: [{ containerPort: 1, protocol: 'http' }] },
      [`${at}.ports[0].protocol: Unsupported value: "http": supported values: "SCTP", "TCP", "UDP"`],
    ],
    [
      {
        ports: [
          { name: 'a', containerPort: 1 },
          { name: 'a', containerPort: 2 },
        ],
      },
      [`${at}.ports[1].name: Duplicate value: "a"`],
    ],
    [{ volumeMounts: [{ name: 'x', mountPath: '/x' }] }, [`${at}.volumeMounts[0].name: Not found: "x"`]],
    [
      { imagePullPolicy: 'Sometimes' },
      [`${at}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`],
    ],
    [
      { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
      [`${at}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
    ],
    [
      { resources: { limits: { cpu: '-1' } } },
      [`${at}.resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0`],
    ],
    [
      { resources: { limits: { cups: '1' } } },
      [`${at}.resources.limits: Invalid value: "cups": must be a standard resource for containers`],
    ],
    [{ readinessProbe: {} }, [`${at}.readinessProbe: Required value: must specify a handler type`]],
    [
      { livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } },
      [`${at}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
    ],
    [
      { readinessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } },
      [`${at}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
    ],
    [
      { env: [{ name: 'A', value: 'x', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] },
      [`${at}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
    ],
  ];
  for (const [fields, want] of rows) assert.deepEqual(withContainer(fields), want);
});

test('the pod as a whole', () => {
  const rows: readonly (readonly [Record<string, unknown>, readonly string[]])[] = [
    [
      { restartPolicy: 'Sometimes' },
      [
        'restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
        'restartPolicy: Unsupported value: "Sometimes": supported values: "Always"',
      ],
    ],
    [
      { activeDeadlineSeconds: 10 },
      ['activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported'],
    ],
    [
      { ephemeralContainers: [{ name: 'd', image: 'b' }] },
      ['ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template'],
    ],
    [{ volumes: [{ name: 'v' }, { name: 'v' }] }, ['volumes[1].name: Duplicate value: "v"']],
    [{ volumes: [{ name: 'v', secret: {} }] }, ['volumes[0].secret.secretName: Required value']],
    [
      { dnsPolicy: 'None at all' },
      [
        'dnsPolicy: Unsupported value: "None at all": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"',
      ],
    ],
    [{ initContainers: [{ name: 'main', image: 'b' }] }, ['initContainers[0].name: Duplicate value: "main"']],
  ];
  for (const [spec, want] of rows) assert.deepEqual(withContainer({}, spec), want);
});

test('whatever stands in a template, validation answers with texts', () => {
  const anything = fc.object({
    key: fc.constantFrom('containers', 'name', 'image', 'ports', 'env', 'valueFrom', 'volumes', 'resources', 'limits'),
    values: [fc.string(), fc.integer(), fc.constant(null), fc.boolean(), fc.constant([])],
    maxDepth: 5,
  });
  fc.assert(
    fc.property(anything, (spec) => {
      for (const text of textsOf(spec as Record<string, unknown>)) assert.equal(typeof text, 'string');
    }),
  );
});
