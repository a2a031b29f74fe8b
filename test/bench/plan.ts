// How long one plan takes: a rollout at rest and one in the middle of a canary with weights (target: under 0.3 ms).

import { readFileSync } from 'node:fs';
import { parseYamlDocuments } from '../../controller/lang/yaml.ts';
import { plan } from '../../controller/rollout/plan.ts';
import type { Observed } from '../../controller/rollout/types.ts';
import { applyObjects } from '../../sandbox/manifests.ts';
import { createSimulation } from '../../sandbox/simulation.ts';
import { below, repeat, tell } from './figures.ts';

export async function benchPlan(): Promise<void> {
  const { resting, busy } = await observations();
  const batch = 500;
  for (const [name, { observed, now }] of Object.entries({ resting, busy })) {
    const values = await repeat(9, () => {
      const startedAt = performance.now();
      for (let index = 0; index < batch; index++) plan(observed, now);
      return (performance.now() - startedAt) / batch;
    });
    tell(`one plan of a ${name} rollout`, values, 'ms', { aim: (value) => below(0.3, 'ms', value) });
  }
}

interface Sample {
  readonly observed: Observed;
  readonly now: number;
}

/** What the controller observed on a sandbox under the virtual clock. */
async function observations(): Promise<{ resting: Sample; busy: Sample }> {
  const samples: (Sample & { readonly writes: number; readonly phase: string | undefined })[] = [];
  const simulation = createSimulation({
    hooks: {
      onPass: ({ observed, now, plan: made }) =>
        samples.push({ observed, now, writes: made.writes.length, phase: observed.rollout.status?.phase }),
    },
  });
  await simulation.start();
  const text = readFileSync(new URL('../../examples/canary-alb.yaml', import.meta.url), 'utf8');
  const objects = parseYamlDocuments(text).map(({ value }) => value as never);
  await applyObjects(simulation.transport, objects, 'default');
  await simulation.clock.runFor(60_000);
  const resting = samples.findLast(({ phase, writes }) => phase === 'Healthy' && writes === 0);
  const path = '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/rollouts-demo';
  await simulation.transport.request({
    verb: 'PATCH',
    path,
    contentType: 'application/json-patch+json',
    body: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'argoproj/rollouts-demo:yellow' }],
  });
  await simulation.clock.runFor(60_000);
  const busy = samples.findLast(({ writes }) => writes >= 2);
  await simulation.stop();
  if (resting === undefined || busy === undefined) throw new Error('the rollout did not rest, or was never busy');
  return { resting, busy };
}
