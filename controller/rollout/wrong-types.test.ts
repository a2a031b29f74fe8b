// Whatever JSON an old CRD let through (rollout.md §1.1): planning never throws, stands still only with a reason, and writes
// a status of the right types.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { compileSchema } from '../../sandbox/apiserver/schemas/compile.ts';
import { validateStructural } from '../../sandbox/apiserver/schemas/validate-structural.ts';
import { changes, withChanges } from '../../test/builders/fuzz-json.ts';
import { midway, routed } from '../../test/builders/midway.ts';
import {
  at,
  hashFor,
  ingress,
  promotedStatus,
  replicaSet,
  rollout,
  service,
  start,
} from '../../test/builders/objects.ts';
import { applyPlan, observe, type World, world } from '../../test/builders/world.ts';
import { decodeIngress, decodeReplicaSet, decodeService } from '../api/decode-builtin.ts';
import { decodeRollout, storedStatusOf } from '../api/decode-rollout.ts';
import { phaseOf, shownPhaseOf } from '../api/phase.ts';
import { validateReferences } from '../api/validation/validate-references.ts';
import { validateRollout } from '../api/validation/validate-rollout.ts';
import { applyMergePatch, diffMergePatch } from '../lang/merge-patch.ts';
import { parseYamlDocuments } from '../lang/yaml.ts';
import { decideTraffic } from '../traffic/decide.ts';
import { plan } from './plan.ts';
import { ingressNamesOf, replicaSetOwners, serviceNamesOf } from './references.ts';
import type { Plan } from './types.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const crd = parseYamlDocuments(readFileSync(`${root}crds/rollouts.yaml`, 'utf8'))[0]?.value as {
  spec: { versions: { schema: { openAPIV3Schema: Parameters<typeof compileSchema>[0] } }[] };
};
const schema = compileSchema(crd.spec.versions[0]?.schema.openAPIV3Schema ?? {}, () => ({}));
const runs = 500;

const canary = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: {
    managedRoutes: [{ name: 'header' }],
    alb: {
      ingress: 'demo',
      rootService: 'root',
      servicePort: 80,
      stickinessConfig: { enabled: true, durationSeconds: 5 },
    },
  },
  canaryMetadata: { labels: { role: 'canary' }, annotations: { a: 'b' } },
  stableMetadata: { labels: { role: 'stable' } },
  antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 5 } },
  replicaProgressThreshold: { type: 'Percent', value: 90 },
  maxSurge: '25%',
  maxUnavailable: 1,
  abortScaleDownDelaySeconds: 30,
  analysis: { templates: [{ templateName: 'success' }], args: [{ name: 'x', value: 'y' }], startingStep: 1 },
  steps: [
    { setHeaderRoute: { name: 'header', match: [{ headerName: 'x', headerValue: { exact: 'y' } }] } },
    { setCanaryScale: { replicas: 3 } },
    { setWeight: 20 },
    { pause: { duration: '1m' } },
    { experiment: { duration: '1m', templates: [{ name: 'a', specRef: 'canary', weight: 5 }] } },
    { analysis: { templates: [{ templateName: 'success' }] } },
    { plugin: { name: 'own/step', config: { a: 1 } } },
  ],
};
const limits = { resources: { limits: { cpu: '1', memory: '1Gi' } }, env: [{ name: 'A', value: 'b' }] };
const probe = { httpGet: { path: '/', port: 'http' }, periodSeconds: 5 };
const bigTemplate = {
  metadata: { labels: { app: 'demo' }, annotations: { note: 'x' } },
  spec: {
    containers: [{ name: 'demo', image: 'demo:b', ports: [{ containerPort: 80 }], readinessProbe: probe, ...limits }],
    initContainers: [{ name: 'init', image: 'init:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'a', path: 'b' }] } }],
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    securityContext: { runAsUser: 5 },
  },
};
const weights = {
  canary: { weight: 20, serviceName: 'canary', podTemplateHash: hashFor('demo:b') },
  stable: { weight: 80, serviceName: 'stable', podTemplateHash: hashFor('demo:a') },
  verified: true,
};
const services = ['canary', 'stable', 'root', 'active', 'preview'].map((name) => service(name));
const pauseConditions = [{ reason: 'CanaryPauseStep', startTime: at(-10) }];
const around = { services, ingresses: [ingress()] };

const worlds: readonly World[] = [
  world({ rollout: rollout({ canary, spec: { template: bigTemplate } }), ...around }),
  midway({
    canary,
    step: 3,
    stable: { replicas: 8 },
    current: { replicas: 2 },
    spec: { restartAt: at(-20), rollbackWindow: { revisions: 3 }, progressDeadlineSeconds: 100 },
    status: { canary: { weights }, pauseConditions, controllerPause: true, restartedAt: at(-50) },
    more: around,
  }),
  midway({
    canary: { steps: [{ setWeight: 20 }, { pause: {} }], maxSurge: 1, maxUnavailable: '25%' },
    step: 1,
    stable: { replicas: 8 },
    current: { replicas: 2 },
    status: { abort: true, abortedAt: at(-5), duration: { rolloutStartedAt: at(-60) } },
  }),
  world({
    rollout: rollout({
      image: 'demo:b',
      blueGreen: {
        activeService: 'active',
        previewService: 'preview',
        autoPromotionSeconds: 30,
        previewReplicaCount: 5,
        scaleDownDelaySeconds: 60,
        prePromotionAnalysis: { templates: [{ templateName: 'smoke' }] },
        previewMetadata: { labels: { role: 'preview' } },
      },
      status: {
        ...promotedStatus('demo:a'),
        currentPodHash: hashFor('demo:b'),
        blueGreen: { activeSelector: hashFor('demo:a'), previewSelector: hashFor('demo:b') },
        pauseConditions: [{ reason: 'BlueGreenPause', startTime: at(-10) }],
        controllerPause: true,
      },
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', replicas: 10, deadline: at(50) }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 5 }),
    ],
    ...around,
  }),
  world({
    rollout: rollout({
      canary: {},
      spec: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', scaleDown: 'onsuccess' } },
    }),
  }),
];

const anyWorld = fc.constantFrom(...worlds);

function broken(given: World, list: Parameters<typeof withChanges>[1], fields: readonly string[]): World {
  return { ...given, rollout: withChanges(given.rollout, list, fields) };
}

/** What the API server would hold after the plan's status was written over what is stored. */
function storedAfter({ rollout: raw }: World, status: unknown): unknown {
  const stored = storedStatusOf(decodeRollout(raw));
  return applyMergePatch(raw.status ?? {}, diffMergePatch(stored, status) ?? {});
}

/** As the shell does: what is asked for is looked up. */
function planWithNeeds(given: World): Plan {
  const observed = observe(given);
  const planned = plan(observed, start);
  if (planned.needs.length === 0) return planned;
  const absentOf = (kind: string) =>
    Object.fromEntries(
      planned.needs.map((need) => [need.kind === kind && 'name' in need ? need.name : '', { is: 'absent' } as const]),
    );
  const services = { ...observed.services, ...absentOf('service') };
  const ingresses = { ...observed.ingresses, ...absentOf('ingress') };
  const templates = Object.fromEntries(
    planned.needs.flatMap((need) => {
      if (need.kind !== 'analysisTemplate') return [];
      return [[need.isCluster ? `cluster/${need.name}` : need.name, { is: 'absent' } as const]];
    }),
  );
  const answered = plan({ ...observed, services, ingresses, templates }, start);
  assert.deepEqual(answered.needs, [], 'nothing is needed twice');
  return answered;
}

function checkPlans(given: World): void {
  let current = given;
  for (let wave = 0; wave < 4; wave += 1) {
    const planned = planWithNeeds(current);
    const isActive = planned.writes.length > 0 || planned.reasons.length > 0;
    assert.ok(isActive || planned.status.phase === 'Healthy', 'standing still has a reason');
    if (planned.writes.some(({ kind }) => kind === 'patchStatus')) {
      const status = storedAfter(current, planned.status);
      const wrong = validateStructural(schema, { spec: {}, status } as never, undefined);
      assert.deepEqual(wrong, [], `the status that is stored fits the schema: ${JSON.stringify(status)}`);
    }
    if (planned.writes.length === 0) return;
    current = applyPlan(current, planned, start);
  }
}

test('a spec of any JSON is planned without an exception', () => {
  fc.assert(
    fc.property(anyWorld, changes, (given, list) => checkPlans(broken(given, list, ['spec']))),
    { numRuns: runs },
  );
});

test('a status of any JSON is planned, and written over with the right types', () => {
  fc.assert(
    fc.property(anyWorld, changes, (given, list) => checkPlans(broken(given, list, ['status']))),
    { numRuns: runs },
  );
});

test('ReplicaSets, Services and Ingresses of any JSON are planned without an exception', () => {
  const fields = ['spec', 'status'];
  const property = fc.property(anyWorld, changes, changes, changes, (given, sets, names, paths) => {
    checkPlans({
      ...given,
      replicaSets: given.replicaSets.map((each) => decodeReplicaSet(withChanges(each, sets, fields))),
      services: given.services.map((each) => decodeService(withChanges(each, names, fields))),
      ingresses: given.ingresses.map((each) => decodeIngress(withChanges(each, paths, fields))),
    });
  });
  fc.assert(property, { numRuns: runs });
});

test('validation, phase, references and the traffic decision answer for any JSON', () => {
  const property = fc.property(anyWorld, changes, changes, (given, inSpec, inStatus) => {
    const raw = broken(broken(given, inSpec, ['spec', 'metadata']), inStatus, ['status']).rollout;
    const decoded = decodeRollout(raw);
    const { is } = { is: 'present' } as const;
    const [first] = services;
    const known = Object.fromEntries(serviceNamesOf(decoded).map((name) => [name, { is, value: first as never }]));
    const routes = Object.fromEntries(ingressNamesOf(decoded).map((name) => [name, { is, value: ingress() }]));
    const texts = validateRollout(decoded).map(({ text }) => text);
    texts.push(...validateReferences(decoded, { services: known, ingresses: routes }).map(({ text }) => text));
    for (const text of texts) assert.doesNotMatch(text, /\[object|undefined/);
    assert.equal(typeof phaseOf(decoded.spec, decoded.status ?? {}).message, 'string');
    assert.equal(typeof shownPhaseOf(decoded).message, 'string');
    const [stableRS, newRS] = given.replicaSets;
    const decision = decideTraffic({
      rollout: decoded,
      status: decoded.status ?? {},
      newRS,
      stableRS,
      others: [],
      revision: 2,
    });
    assert.ok(Number.isFinite(decision.desired) && decision.desired >= 0, 'a weight is a number');
    assert.ok(given.replicaSets.every((each) => replicaSetOwners(decodeReplicaSet(each)).length > 0));
  });
  fc.assert(property, { numRuns: runs });
});

test('a volume and a Rollout named like a member of every JavaScript object are nothing special', () => {
  const template = { ...bigTemplate, spec: { ...bigTemplate.spec, volumes: [{ name: 'v', constructor: { a: 1 } }] } };
  const midWay = midway({ canary: routed, step: 1, stable: { replicas: 8 }, current: { replicas: 2 }, more: around });
  const named = { ...midWay.rollout, metadata: { ...midWay.rollout.metadata, name: 'constructor' } };
  checkPlans({ ...midWay, rollout: named });
  checkPlans(world({ rollout: rollout({ canary, spec: { template: template as never } }), ...around }));
});

test('SLIPWAY: limits that cannot be read let nothing move (§4.1), and the reason names the field', () => {
  const given = world({
    rollout: rollout({
      image: 'demo:b',
      canary: { maxSurge: 'constructor', maxUnavailable: '25%' },
      status: { ...promotedStatus('demo:a'), currentPodHash: hashFor('demo:b') },
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', replicas: 8 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 2 }),
    ],
  });
  checkPlans(given);
  const { writes, reasons } = plan(observe(given), start);
  assert.ok(!writes.some(({ kind }) => kind === 'scaleReplicaSet'));
  assert.deepEqual(
    reasons.filter(({ code }) => code === 'limitUnreadable').map(({ data }) => data),
    [{ field: 'maxSurge', value: 'constructor' }],
  );
});
