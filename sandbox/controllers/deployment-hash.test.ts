import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploymentTemplateHash } from './deployment-hash.ts';

function template(app: string, container: object, more: object = {}) {
  return {
    metadata: { labels: { app } },
    spec: {
      containers: [
        {
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
          ...(container as { readonly name: string }),
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      ...more,
    },
  };
}

/** Names that Kubernetes 1.36.2 gave (recorded tables and traces). */
const recorded = [
  ['t', { name: 'main', image: 'nginx:1' }, '54fcbbf976'],
  ['demo', { name: 'demo', image: 'argoproj/rollouts-demo:blue' }, '7c7bc8448c'],
  ['demo', { name: 'demo', image: 'argoproj/rollouts-demo:yellow' }, '58f657fcc9'],
] as const;

for (const [app, container, hash] of recorded) {
  test(`${container.image} is named ${hash}, as by Kubernetes`, () => {
    assert.equal(deploymentTemplateHash(template(app, container)), hash);
  });
}

test('a field that is not in the tables still makes a hash of its own', () => {
  const hashes = [
    template('a', { name: 'c', image: 'i' }),
    template('a', { name: 'c', image: 'i' }, { volumes: [{ name: 'v', emptyDir: {} }] }),
    template('a', { name: 'c', image: 'i' }, { volumes: [{ name: 'w', emptyDir: {} }] }),
    template('a', { name: 'c', image: 'i', ports: [{ containerPort: 80, protocol: 'TCP' }] }),
    template('a', { name: 'c', image: 'i', command: ['x'] }),
    template('a', { name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }),
  ].map(deploymentTemplateHash);
  assert.equal(new Set(hashes).size, hashes.length);
  for (const hash of hashes) assert.match(hash, /^[b-df-hj-np-tv-z2-9]{1,10}$/);
});
