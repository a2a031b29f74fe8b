// Small commands and errors as the reference's plugin answered them (test/fixtures/cli/_commands.json), in order on one
// rollout.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import { FakeCluster } from '../test/builders/fake-cluster.ts';
import { runCli } from '../test/builders/run-cli.ts';

interface Recorded {
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly note?: string;
}

const file = new URL('../test/fixtures/cli/_commands.json', import.meta.url);
const { commands }: { commands: readonly Recorded[] } = JSON.parse(readFileSync(file, 'utf8'));

/** Where Slipway answers otherwise on purpose: a defect of the reference (B3), its own version, its own flag. */
const otherwise: Readonly<Record<string, { exitCode: number; stdout: RegExp; stderr: RegExp }>> = {
  'restart demo --in 10': { exitCode: 1, stdout: /^$/, stderr: /^Error: time: missing unit in duration "10"\n$/ },
  'version --short': { exitCode: 0, stdout: /^kubectl-argo-rollouts: v\S+\n$/, stderr: /^$/ },
};

const template = { metadata: { labels: { app: 'demo' } }, spec: { containers: [{ name: 'demo', image: 'blue' }] } };

/** The rollout at the time of the recording's end: healthy, one step done. */
function recordedCluster(): FakeCluster {
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'demo', uid: 'u', controller: true };
  const objects = [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'demo', namespace: 'demo-ns', uid: 'u' },
      spec: { replicas: 1, strategy: { canary: { steps: [{ pause: {} }] } }, template },
      status: {
        phase: 'Healthy',
        currentStepIndex: 1,
        replicas: 1,
        readyReplicas: 1,
        updatedReplicas: 1,
        availableReplicas: 1,
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: 'demo-1',
        namespace: 'demo-ns',
        ownerReferences: [owner],
        annotations: { 'rollout.argoproj.io/revision': '1' },
      },
      spec: { template: { ...template, spec: { containers: [{ name: 'demo', image: 'yellow' }] } } },
    },
  ];
  return new FakeCluster(objects as unknown as KubernetesObject[]);
}

for (const { args, exitCode, stdout, stderr, note } of commands) {
  const line = args.join(' ');
  test(`as recorded: ${line}`, async () => {
    const answer = await runCli(args, { transport: recordedCluster(), namespace: 'demo-ns' });
    const deliberate = otherwise[line];
    if (deliberate) {
      assert.equal(answer.code, deliberate.exitCode);
      assert.match(answer.stdout, deliberate.stdout);
      assert.match(answer.stderr, deliberate.stderr);
      return;
    }
    const said = note === undefined ? answer.stderr : usageLines(answer.stderr);
    assert.deepEqual({ exitCode: answer.code, stdout: answer.stdout, stderr: said }, { exitCode, stdout, stderr });
  });
}

/** The recording keeps the usage lines alone. */
function usageLines(text: string): string {
  return `${text.split('\n\n')[0]}\n`;
}
