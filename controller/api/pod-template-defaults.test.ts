import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodTemplateSpec } from './kubernetes-types.ts';
import { defaultPodTemplate, imagePullPolicy } from './pod-template-defaults.ts';

test('fills in what a recorded API server filled in', () => {
  const template: PodTemplateSpec = {
    metadata: { labels: { app: 'd' } },
    spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
  };
  assert.deepEqual(defaultPodTemplate(template), {
    metadata: { labels: { app: 'd' } },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'nginx:1',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    },
  });
});

test('defaults probes, ports, field references, modes and volumes without a source', () => {
  const { spec } = defaultPodTemplate({
    spec: {
      containers: [
        {
          name: 'c',
          image: 'x',
          ports: [{ containerPort: 80 }],
          env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          readinessProbe: { httpGet: { port: 80 }, periodSeconds: 5 },
          livenessProbe: { grpc: { port: 9 } },
        },
      ],
      volumes: [{ name: 'v', configMap: { name: 'x' } }, { name: 'e' }, { name: 's', secret: { defaultMode: 256 } }],
    },
  });
  const container = spec.containers[0]!;
  assert.deepEqual(container.ports, [{ containerPort: 80, protocol: 'TCP' }]);
  assert.deepEqual(container.env, [
    { name: 'X', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
  ]);
  assert.deepEqual(container.readinessProbe, {
    httpGet: { port: 80, path: '/', scheme: 'HTTP' },
    periodSeconds: 5,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
  });
  assert.deepEqual((container.livenessProbe as { grpc: unknown }).grpc, { port: 9, service: '' });
  assert.deepEqual(spec.volumes, [
    { name: 'v', configMap: { name: 'x', defaultMode: 420 } },
    { name: 'e', emptyDir: {} },
    { name: 's', secret: { defaultMode: 256 } },
  ]);
});

test('defaults are stable, keep an explicit zero grace period and do not touch what was given', () => {
  const template: PodTemplateSpec = Object.freeze({
    spec: Object.freeze({ containers: [], terminationGracePeriodSeconds: 0, serviceAccountName: 'sa' }),
  });
  const once = defaultPodTemplate(template);
  assert.equal(once.spec.terminationGracePeriodSeconds, 0);
  assert.equal(once.spec.serviceAccount, 'sa');
  assert.deepEqual(defaultPodTemplate(once), once);
});

test('pulls always only where the tag is or means latest', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1', 'IfNotPresent'],
    ['host:5000/nginx', 'Always'],
    ['host:5000/nginx:2', 'IfNotPresent'],
    [`nginx@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
  ];
  for (const [image, policy] of rows) assert.equal(imagePullPolicy(image), policy, image);
});
