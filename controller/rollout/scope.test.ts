// Which Rollouts a controller looks after (rollout.md §2.1; operations.md §5): those with its instance id, or without any;
// those of its namespace, or of all. What it does not look after it leaves alone altogether.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../../test/conformance/kubectl.ts';
import type { Rollout } from '../api/types.generated.ts';

const label = 'argo-rollouts.argoproj.io/controller-instance-id';

function manifest(name: string, instanceId?: string): string {
  const labels = instanceId === undefined ? '' : `, labels: {${label}: ${instanceId}}`;
  return `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: ${name}${labels}}
spec:
  replicas: 1
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: web, image: 'demo:blue'}]}
  strategy: {canary: {canaryService: ${name}}}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}, rollouts-pod-template-hash: kept}, ports: [{port: 80}]}
`;
}

async function started(scope: { readonly namespace: string | undefined; readonly instanceId: string }) {
  const simulation = createSimulation({ namespaces: ['one', 'two'], scope });
  const { clock, transport } = simulation;
  await simulation.start();
  const request = (verb: 'GET' | 'PATCH', path: string, body?: unknown) => {
    const patch = body === undefined ? {} : { body, contentType: 'application/merge-patch+json' };
    return whileRunning(clock, transport.request({ verb, path, ...patch }));
  };
  return {
    stop: () => simulation.stop(),
    run: (seconds: number) => clock.runFor(seconds * 1000),
    apply: (namespace: string, text: string) => whileRunning(clock, createKubectl(transport, namespace).apply(text)),
    async phase(namespace: string, name: string) {
      const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/${name}`;
      return ((await request('GET', path)).body as Rollout).status?.phase;
    },
    async hash(namespace: string, name: string) {
      const { body } = await request('GET', `/api/v1/namespaces/${namespace}/services/${name}`);
      return (body as { spec: { selector: Record<string, string> } }).spec.selector['rollouts-pod-template-hash'];
    },
    hand: (name: string, instanceId: string | null) =>
      request('PATCH', `/apis/argoproj.io/v1alpha1/namespaces/one/rollouts/${name}`, {
        metadata: { labels: { [label]: instanceId } },
      }),
  };
}

test('with an instance id: only its own; a Rollout that gets the label is taken over', async () => {
  const cluster = await started({ namespace: undefined, instanceId: 'blue' });
  await cluster.apply('one', manifest('mine', 'blue'));
  await cluster.apply('one', manifest('theirs', 'green'));
  await cluster.apply('one', manifest('nobodys'));
  await cluster.run(30);
  assert.deepEqual(
    [await cluster.phase('one', 'mine'), await cluster.phase('one', 'theirs'), await cluster.phase('one', 'nobodys')],
    ['Healthy', undefined, undefined],
  );
  assert.deepEqual([await cluster.hash('one', 'theirs'), await cluster.hash('one', 'nobodys')], ['kept', 'kept']);
  await cluster.hand('nobodys', 'blue');
  await cluster.run(30);
  assert.equal(await cluster.phase('one', 'nobodys'), 'Healthy');
  await cluster.stop();
});

test('without an instance id: only those without the label', async () => {
  const cluster = await started({ namespace: undefined, instanceId: '' });
  await cluster.apply('one', manifest('plain'));
  await cluster.apply('two', manifest('labelled', 'blue'));
  await cluster.run(30);
  assert.deepEqual(
    [await cluster.phase('one', 'plain'), await cluster.phase('two', 'labelled')],
    ['Healthy', undefined],
  );
  assert.equal(await cluster.hash('two', 'labelled'), 'kept');
  await cluster.stop();
});

test('in one namespace: nothing of another', async () => {
  const cluster = await started({ namespace: 'one', instanceId: '' });
  await cluster.apply('one', manifest('here'));
  await cluster.apply('two', manifest('there'));
  await cluster.run(30);
  assert.deepEqual([await cluster.phase('one', 'here'), await cluster.phase('two', 'there')], ['Healthy', undefined]);
  assert.equal(await cluster.hash('two', 'there'), 'kept');
  await cluster.stop();
});
