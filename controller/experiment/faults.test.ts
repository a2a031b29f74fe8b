// A canary with an experiment step among faults by chance, with a user who aborts, skips, retries or deploys something else in
// the middle: it always comes to rest, leaves nothing behind, and loses no request.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededScript } from '../../sandbox/faults/seeded-script.ts';
import { seededRandom } from '../../sandbox/random.ts';
import type { Simulation } from '../../sandbox/simulation.ts';
import {
  exampleText,
  get,
  type RunningExample,
  rolloutPath,
  startExample,
} from '../../test/builders/running-example.ts';
import { isCompleted } from '../analysis/assess/phases.ts';
import type { KubernetesObject, ReplicaSet } from '../api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../api/types.generated.ts';

const argo = '/apis/argoproj.io/v1alpha1/namespaces/default';
const smokeTest = exampleText('experiment.yaml').split('\n---\n')[0] ?? '';

/** The canary that compares first, with a Job instead of queries, and an end. */
function withJob(manifest: string): string {
  const step = `          duration: 20s
          analyses:
          - name: smoke
            templateName: smoke-test
            requiredForCompletion: true
            args: [{name: service, value: any}]
`;
  return `${smokeTest}\n---\n${manifest.replace(/ {10}analyses:[\s\S]*?(?= {6}- setWeight: 25)/, step)}`;
}

async function list<T extends KubernetesObject>(simulation: Simulation, path: string): Promise<T[]> {
  return (await get<{ items: T[] }>(simulation, path)).items;
}

/** What an experiment should not leave behind. */
async function leftovers(simulation: Simulation): Promise<string[]> {
  const experiments = await list<Experiment>(simulation, `${argo}/experiments`);
  const runs = await list<AnalysisRun>(simulation, `${argo}/analysisruns`);
  const sets = await list<ReplicaSet>(simulation, '/apis/apps/v1/namespaces/default/replicasets');
  const services = await list(simulation, '/api/v1/namespaces/default/services');
  const isOfExperiment = ({ metadata }: KubernetesObject) => metadata.ownerReferences?.[0]?.kind === 'Experiment';
  return [
    ...[...experiments, ...runs].filter(({ status }) => !isCompleted(status?.phase)),
    ...sets.filter((set) => isOfExperiment(set) && set.spec.replicas !== 0),
    ...services.filter(isOfExperiment),
  ].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

/** While the server is away a person tries again. */
async function insist(example: RunningExample, command: string): Promise<void> {
  for (let tries = 0; tries < 30; tries += 1) {
    const isDone = await example.run(command).then(
      () => true,
      () => false,
    );
    if (isDone) return;
    await example.clock.runFor(1000);
  }
  assert.fail(`nobody could ${command}`);
}

for (const [seed, commands, phase] of [
  [1, [], 'Healthy'],
  [2, ['abort rollouts-demo'], 'Degraded'],
  [3, ['set image rollouts-demo *=argoproj/rollouts-demo:green'], 'Healthy'],
  [4, ['promote rollouts-demo'], 'Healthy'],
  [5, ['promote rollouts-demo --full'], 'Healthy'],
  [6, ['abort rollouts-demo', 'retry rollout rollouts-demo'], 'Healthy'],
] as const) {
  test(`seed ${seed}: faults and ${commands.join(', then ') || 'nobody who touches it'}`, async () => {
    const example = await startExample('canary-experiment.yaml', withJob, { faulty: true, seed });
    const load = await example.startTraffic({ requestsPerSecond: 5, host: 'localhost', path: '/color' });
    example.faults.run(seededScript(seededRandom(`faults ${seed}`), { count: 12, withinMs: 90_000 }));
    await example.run('set image rollouts-demo *=argoproj/rollouts-demo:yellow');
    for (const command of commands) {
      await example.clock.runFor(12_000);
      await insist(example, command);
    }
    await example.clock.runFor(80_000);
    example.faults.clear();
    await example.clock.runFor(400_000);
    const { status } = await get<Rollout>(example, rolloutPath('rollouts-demo'));
    assert.equal(status?.phase, phase, status?.message);
    assert.deepEqual(await leftovers(example), []);
    assert.deepEqual(load.lost, []);
    await example.stop();
  });
}
