// The fine print of a wave (design.md §5): what has no row elsewhere, and a table that says which test shows each line.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { a, b, midway, twenty } from '../../../test/builders/midway.ts';
import { service, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan } from '../../../test/builders/world.ts';

test('§5.1: a promotion is told first, and the stable Service follows in the next wave', () => {
  const given = midway({
    canary: { ...twenty, stableService: 'stable', canaryService: 'canary' },
    step: 2,
    stable: { replicas: 0 },
    current: { replicas: 10 },
    more: { services: [service('stable', { hash: a }), service('canary', { hash: b })] },
  });
  const promoting = lawfulPlan(given, start);
  assert.equal(promoting.status.stableRS, b);
  assert.deepEqual(promoting.writes.map(shortWrite), ['status']);
  const next = lawfulPlan(applyPlan(given, promoting, start), start);
  assert.equal(next.writes.map(shortWrite)[0], `service stable ${b}`);
});

test('§5.12: at 16 waves without a foreign change the plan says that it backs off', () => {
  const given = midway({ canary: twenty, stable: { replicas: 10 }, current: { replicas: 0 } });
  const { reasons } = lawfulPlan({ ...given, ledger: { ...given.ledger, wavesWithoutChange: 16 } }, start);
  assert.ok(reasons.some(({ code }) => code === 'wavesBackedOff'));
});

test('§5.16: no Secret is among what a plan may look at, and a plan hands on references only', () => {
  const needs = readFileSync(new URL('../types.ts', import.meta.url), 'utf8');
  assert.doesNotMatch(needs.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, ''), /secret/i);
  const [name, key] = ['prometheus', 'token'];
  const args = [{ name: 'token', valueFrom: { secretKeyRef: { name, key } } }];
  const template = {
    metadata: { name: 'success-rate', namespace: 'shop' },
    spec: { args, metrics: [{ name: 'rate', provider: { web: { url: 'https://x/{{args.token}}' } } }] },
  };
  const canary = { steps: [{ analysis: { templates: [{ templateName: 'success-rate' }] } }] };
  const given = midway({ canary, stable: { replicas: 10 }, current: { replicas: 0 } });
  const templates = { 'success-rate': { is: 'present', value: template } } as const;
  const { writes } = lawfulPlan({ ...given, templates }, start);
  const run = writes.find((write) => write.kind === 'createAnalysisRun');
  assert.deepEqual(run?.kind === 'createAnalysisRun' && run.object.spec.args, args);
});

const rollout = 'controller/rollout';
const kubernetes = 'controller/kubernetes';

/** Line of design.md §5 → files, and what stands in them: the name of a test, or the law that every row is held to. */
const shownBy: Readonly<Record<string, readonly (readonly [file: string, text: string])[]>> = {
  '1 authorising fields act from the next wave on': [
    [`${rollout}/plan/fine-print.test.ts`, '§5.1: a promotion is told first'],
  ],
  '2 phase, then service, then weight 0': [
    [`${rollout}/plan/canary-routed.test.ts`, 'a promoted canary behind a router points its Services first'],
    [`${rollout}/plan/blue-green.test.ts`, 'the switch and the promotion are one wave'],
  ],
  '3 later writes carry the answered version': [
    [`${rollout}/execute.test.ts`, 'or that of an earlier write of the wave to the Rollout'],
    [`${rollout}/execute.test.ts`, 'a second patch of the same Ingress carries the version'],
  ],
  '4 unknown keys survive, pruned ones are remembered': [
    [`${rollout}/plan/status.test.ts`, 'fields of the status that nobody here knows survive'],
    [`${kubernetes}/writer.test.ts`, 'a field that the server prunes is sent once and never again'],
    [`${kubernetes}/writer.test.ts`, 'an answer with the version that was there before counts as nothing written'],
  ],
  '5 conditions are compared by type': [[`${rollout}/plan/status.test.ts`, 'conditions in another order are the same']],
  '6 an unobserved size is never at desired': [
    [`${rollout}/plan/replica-counts.test.ts`, 'a ReplicaSet whose latest size is not observed is never at its count'],
    [`${rollout}/plan/status.test.ts`, 'while a size of ours is not observed the deadline is not looked at'],
  ],
  '7 scale-down carries the version': [[`${rollout}/execute.test.ts`, 'scaling down to the version too']],
  '8 after evictions the next pass waits': [
    [`${rollout}/plan/upkeep.test.ts`, 'after evictions nothing is told until the ReplicaSet has moved'],
    [`${rollout}/plan/upkeep.test.ts`, 'a refusal by a disruption budget is asked again later'],
  ],
  '9 stop and continue': [
    [`${rollout}/execute.test.ts`, 'a failure that stops ends the wave'],
    [`${rollout}/execute.test.ts`, 'housekeeping that fails does not hold up the wave'],
  ],
  '10 failures come back as outcomes': [
    [`${rollout}/execute.test.ts`, 'attempts are counted from the first failure on'],
    [`${rollout}/plan/canary-sizes.test.ts`, 'a failed write is told as a reason until it succeeds'],
    [`${rollout}/plan/creation.test.ts`, 'vector 6:'],
  ],
  '11 events in order, limits spare what matters': [
    [`${rollout}/execute.test.ts`, 'writes go in order, and events follow them in order'],
    [`${kubernetes}/events.test.ts`, 'phases, aborts and completions pass any limit'],
  ],
  '12 eight waves, sixteen at run time': [
    ['test/builders/rows.ts', 'const settleWithin = 8'],
    [`${rollout}/plan/fine-print.test.ts`, '§5.12: at 16 waves'],
    [`${rollout}/hot-loop.test.ts`, '§5.12: where each write is undone at once'],
    ['test/builders/any-life.ts', 'const mostWaves = 8'],
  ],
  '13 wakeAt is the first instant': [['test/builders/rows.ts', 'the plan differs at wakeAt']],
  '14 calls are started, not waited for': [
    [`${rollout}/execute.test.ts`, '§5.14: a call is started and not waited for'],
    [`${rollout}/calls.test.ts`, 'a call that goes on is not started again'],
    [`${rollout}/calls.test.ts`, 'what is superseded, dropped or forgotten is aborted'],
    [`${rollout}/plan/weight-verification.test.ts`, '§5.14: a call that goes on is not started again'],
  ],
  '15 an unverified weight': [
    [`${rollout}/plan/weight-verification.test.ts`, '§5.15: a new weight is unverified in the wave that writes it'],
    [`${rollout}/plan/weight-verification.test.ts`, 'an answer about an older weight does not count'],
    [`${rollout}/execute.test.ts`, '§5.15: what load balancers told before an Ingress was changed is dropped'],
    [`${rollout}/plan/abort-delay.test.ts`, 'BUG-12'],
    [`${rollout}/plan/canary-routed.test.ts`, 'vector 47:'],
  ],
  '16 plans carry references of secrets, not secrets': [
    [`${rollout}/plan/fine-print.test.ts`, '§5.16: no Secret is among what a plan may look at'],
    ['controller/analysis/measure.test.ts', 'what the provider sees as the run holds references and no secrets'],
  ],
  '17 metadata of pods is verified once': [[`${rollout}/plan/upkeep.test.ts`, 'what was verified is not read again']],
  'error classes': [
    [`${kubernetes}/writer.test.ts`, 'what is no failure of the API is no class'],
    [`${rollout}/plan/retry-writes.test.ts`, 'a right that lacks is asked for every 30 s'],
    [`${rollout}/refusals.test.ts`, 'told once, and done within 30 s of the grant'],
  ],
  ownership: [[`${rollout}/ownership.test.ts`, 'no field has two owners']],
  fencing: [
    [`${kubernetes}/writer.test.ts`, 'without the lease no write is sent'],
    [`${kubernetes}/http-transport.test.ts`, 'what was held up beyond its deadline is not sent any more'],
    ['controller/two-controllers.test.ts', 'never writes over its successor'],
  ],
  seams: [
    [`${rollout}/execute.test.ts`, 'the fault seam stops after any write'],
    [
      'test/conformance/interrupted.test.ts',
      'it ends well although the controller dies, a write is refused or a client',
    ],
  ],
  'deliberate differences': [['test/conformance/traces.test.ts', 'deliberate differences that nothing needs']],
};

test('every numbered line of design.md §5 is in the table', () => {
  const numbers = Object.keys(shownBy).flatMap((line) => /^(\d+) /.exec(line)?.[1] ?? []);
  assert.deepEqual(
    numbers.map(Number),
    Array.from({ length: 17 }, (_, index) => index + 1),
  );
});

for (const [line, places] of Object.entries(shownBy)) {
  test(`design.md §5, ${line}: a test shows it`, () => {
    for (const [file, text] of places) {
      const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
      assert.ok(source.includes(text), `${file} has "${text}"`);
    }
  });
}
