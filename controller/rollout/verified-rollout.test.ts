// A whole canary behind an ALB that follows its weights late (traffic.md §2.9), and one with a step plugin: through the
// controller, its calls and its events, on a simulated cluster. The answers are the test's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Simulation } from '../../sandbox/simulation.ts';
import { type Answers, eventsIn, rolloutIn, startAlbRollout, update } from '../../test/builders/alb-life.ts';
import { loadBalancerArn, targetGroupArn } from '../../test/builders/elbv2.ts';

const namespace = 'demo';

function started(answers: Answers, steps: readonly unknown[], verifiesTargetGroups: boolean): Promise<Simulation> {
  return startAlbRollout({ answers, settings: { verifiesTargetGroups }, canary: { steps } });
}

test('TV-73 each weight is confirmed before the next step, and nothing is promoted before the last', async () => {
  const asked: { at: number; canary: number }[] = [];
  /** What the Ingress asked for, and since when; the load balancer follows 12 s later. */
  let wanted = { canary: 0, at: 0 };
  let served = 0;
  const answers: Answers = async ({ kind }, simulation) => {
    assert.equal(kind, 'loadBalancers');
    const now = simulation.clock.now();
    const annotations = simulation.controller.caches.ingresses.store.get(`${namespace}/demo`)?.metadata.annotations;
    const action = JSON.parse(annotations?.['alb.ingress.kubernetes.io/actions.root'] ?? '{}');
    const canary: number = action.ForwardConfig?.TargetGroups[0]?.Weight ?? 0;
    if (canary !== wanted.canary) wanted = { canary, at: now };
    if (now - wanted.at >= 12_000) served = wanted.canary;
    asked.push({ at: now, canary: served });
    const groups = ['canary', 'stable'].map((name) => ({
      name,
      arn: targetGroupArn(name),
      resourceId: `${namespace}/demo-${name}:80`,
    }));
    const forward = [
      { arn: targetGroupArn('canary'), weight: served },
      { arn: targetGroupArn('stable'), weight: 100 - served },
    ];
    const loadBalancer = { name: 'lb', arn: loadBalancerArn('lb') };
    return {
      is: 'loadBalancers',
      facts: [{ ingress: 'demo', loadBalancer, targetGroups: groups, forwards: [forward] }],
    };
  };
  const simulation = await started(answers, [{ setWeight: 20 }, { setWeight: 60 }], true);
  assert.equal((await rolloutIn(simulation)).status?.alb?.loadBalancer?.name, 'lb', 'asked once for status.alb');
  const before = asked.length;

  await update(simulation);
  await simulation.clock.runFor(10_000);
  const waiting = (await rolloutIn(simulation)).status;
  assert.deepEqual(
    [waiting?.currentStepIndex, waiting?.canary?.weights?.canary.weight, waiting?.canary?.weights?.verified],
    [0, 20, false],
  );
  await simulation.clock.runFor(120_000);
  const done = (await rolloutIn(simulation)).status;
  assert.equal(done?.phase, 'Healthy');
  assert.equal(done?.stableRS, done?.currentPodHash);
  assert.ok(served === 100 || served === 0, `the load balancer has the last weight (${served})`);
  // 0 for the new hashes, then 20, 60 and 100, each asked at once, after 10 s and after 20 s.
  assert.ok(asked.length - before <= 10, `${asked.length - before} questions`);
  const told = (await eventsIn(simulation)).filter(({ reason }) => reason.startsWith('TargetGroup'));
  assert.ok(told.some(({ message }) => message.endsWith('verified: canary weight 60 set')));
  assert.ok(
    told.every(({ count }) => count <= 2),
    JSON.stringify(told),
  );

  const atRest = asked.length;
  await simulation.clock.runFor(3_600_000);
  assert.equal(asked.length, atRest, 'a Rollout at rest asks nothing');
  await simulation.stop();
});

test('a step plugin is asked until it is done, and again from where it was when the controller began anew', async () => {
  const seen: unknown[] = [];
  const answers: Answers = async (call) => {
    assert.ok(call.kind === 'stepPlugin');
    seen.push(call.status?.runs);
    const runs = Number(call.status?.runs ?? 0) + 1;
    const answer = { is: 'stepPlugin', status: { runs }, requeueAfterMs: 20_000 } as const;
    return { ...answer, phase: runs < 4 ? 'Running' : 'Successful' };
  };
  const simulation = await started(answers, [{ setWeight: 20 }, { plugin: { name: 'acme/smoke' } }], false);
  await update(simulation);
  await simulation.clock.runFor(45_000);
  assert.equal((await rolloutIn(simulation)).status?.currentStepIndex, 1);
  await simulation.restartController();
  await simulation.clock.runFor(60_000);
  const { status } = await rolloutIn(simulation);
  assert.equal(status?.phase, 'Healthy');
  assert.deepEqual(seen, [undefined, 1, 2, 3]);
  const told = (await eventsIn(simulation)).filter(({ reason }) => reason === 'StepPluginTransition');
  assert.deepEqual(
    told.map(({ message }) => message),
    ['Step plugin acme/smoke (step 1) transitioned to Running'],
  );
  await simulation.stop();
});
