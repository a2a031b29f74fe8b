// How the canary Ingress looks, and what of it is ours (traffic.md §3, §9.3, TV-90 to TV-95). What all routers must do is
// in ../contract.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decision } from '../../../test/builders/decision.ts';
import type { Ingress } from '../../api/kubernetes-types.ts';
import type { NginxTrafficRouting, Rollout } from '../../api/types.generated.ts';
import { applyMergePatch } from '../../lang/merge-patch.ts';
import type { Known, Observed } from '../../rollout/types.ts';
import type { RouterPlan } from '../types.ts';
import { nginxRouter } from './objects.ts';
import { canaryIngressName } from './settings.ts';

const prefix = 'nginx.ingress.kubernetes.io';
const note = 'rollouts.argoproj.io/slipway-managed-annotations';
const canaryName = 'web-web-ing-canary';

interface Given {
  readonly nginx?: Partial<NginxTrafficRouting>;
  readonly stable?: Known<Ingress>;
  readonly canary?: Known<Ingress>;
  readonly weight?: number;
  readonly max?: number;
}

function planOf({ nginx, stable, canary, weight = 25, max }: Given): RouterPlan {
  const rollout: Rollout = {
    metadata: { name: 'web', namespace: 'shop', uid: 'rollout-uid' },
    spec: {
      strategy: {
        canary: {
          canaryService: 'web-canary',
          stableService: 'web-stable',
          trafficRouting: {
            nginx: { stableIngress: 'web-ing', ...nginx },
            ...(max === undefined ? {} : { maxTrafficWeight: max }),
          },
        },
      },
    },
  };
  const ingresses = { 'web-ing': stable ?? present(stableIngress()), [canaryName]: canary ?? { is: 'absent' } };
  const observed = { ingresses, settings: {}, ledger: { outcomes: {} } } as unknown as Observed;
  const decided = decision({ desired: weight, max: max ?? 100 });
  return nginxRouter.plan({ observed, now: 0, rollout, status: {}, decision: decided });
}

function present(value: Ingress): Known<Ingress> {
  return { is: 'present', value };
}

function path(service: string, text = '/') {
  return { path: text, pathType: 'Prefix', backend: { service: { name: service, port: { number: 80 } } } };
}

function stableIngress(spec: Partial<Ingress['spec']> = {}, annotations?: Record<string, string>): Ingress {
  return {
    metadata: { name: 'web-ing', namespace: 'shop', ...(annotations ? { annotations } : {}) },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: 'web.example.com', http: { paths: [path('web-stable')] } }],
      ...spec,
    },
  };
}

/** The Ingress that a plan for a first weight creates. */
function created(given: Given = {}): Ingress {
  const [write] = planOf(given).writes;
  assert.equal(write?.kind, 'createIngress');
  return write?.kind === 'createIngress' ? write.object : assert.fail('nothing is created');
}

/** The canary Ingress after the next plan. */
function patched(before: Ingress, given: Given): Ingress {
  const { writes, problems } = planOf({ ...given, canary: present(before) });
  assert.deepEqual(problems, []);
  return writes.reduce((at, write) => applyMergePatch(at, write.kind === 'patchIngress' ? write.patch : {}), before);
}

test('§9.3 the canary Ingress is created with its weight, for the paths of the application, owned by the Rollout', () => {
  const { writes } = planOf({});
  assert.deepEqual(
    writes.flatMap(({ events }) => events ?? []),
    [
      {
        type: 'Normal',
        reason: 'CreatingCanaryIngress',
        message: 'Creating canary ingress `web-web-ing-canary` with weight `25`',
      },
    ],
  );
  assert.deepEqual(created(), {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: canaryName,
      namespace: 'shop',
      annotations: { [`${prefix}/canary`]: 'true', [`${prefix}/canary-weight`]: '25' },
      ownerReferences: [
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Rollout',
          name: 'web',
          uid: 'rollout-uid',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: 'web.example.com', http: { paths: [path('web-canary')] } }],
    },
  });
});

test('a new weight is one annotation, told by its name', () => {
  const existing = { ...created(), metadata: { ...created().metadata, uid: 'canary-uid' } };
  const { writes } = planOf({ canary: present(existing), weight: 50 });
  const [write] = writes;
  assert.equal(writes.length, 1);
  assert.deepEqual(write?.kind === 'patchIngress' && write.patch, {
    metadata: { uid: 'canary-uid', annotations: { [`${prefix}/canary-weight`]: '50' } },
  });
  assert.equal(write?.events?.[0]?.message, "Updating Ingress `web-web-ing-canary` to desiredWeight '50'");
});

test('the total is written only where maxTrafficWeight is set, and goes with it', () => {
  const first = created({ weight: 25, max: 1000 });
  assert.equal(first.metadata.annotations?.[`${prefix}/canary-weight`], '25');
  assert.equal(first.metadata.annotations?.[`${prefix}/canary-weight-total`], '1000');
  const later = patched(first, { weight: 25 });
  assert.equal(later.metadata.annotations?.[`${prefix}/canary-weight-total`], undefined);
});

test('TV-90 the name of the canary Ingress is cut to what a name may be', () => {
  const name = canaryIngressName('r'.repeat(150), 'i'.repeat(150));
  assert.equal(name.length, 253);
  assert.equal(name, `${'r'.repeat(150)}-${'i'.repeat(95)}-canary`);
  assert.equal(canaryIngressName('web', 'web-ing'), canaryName);
});

test('TV-91 an Ingress of that name that another object controls is left alone', () => {
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'another', controller: true };
  for (const ownerReferences of [[owner], []]) {
    const foreign: Ingress = { metadata: { name: canaryName, ownerReferences }, spec: {} };
    const plan = planOf({ canary: present(foreign) });
    assert.deepEqual(plan.writes, []);
    assert.deepEqual(plan.problems, ['canary ingress `web-web-ing-canary` controlled by different object']);
  }
});

test('TV-93 canaryIngressAnnotations override additional ones, and the weight overrides both', () => {
  const { annotations } = created({
    weight: 5,
    nginx: {
      additionalIngressAnnotations: { 'canary-by-header': 'A', [`${prefix}/canary-by-cookie`]: 'c' },
      canaryIngressAnnotations: { [`${prefix}/canary-by-header`]: 'B', [`${prefix}/canary-weight`]: '77' },
    },
  }).metadata;
  assert.deepEqual(annotations, {
    [`${prefix}/canary`]: 'true',
    [`${prefix}/canary-by-cookie`]: 'c',
    [`${prefix}/canary-by-header`]: 'B',
    [`${prefix}/canary-weight`]: '5',
    [note]: JSON.stringify([`${prefix}/canary-by-cookie`, `${prefix}/canary-by-header`]),
  });
});

test('TV-94 two applications on one host: only the own paths are copied (issue 3541)', () => {
  const stable = stableIngress({
    rules: [
      { host: 'web.example.com', http: { paths: [path('web-stable', '/a'), path('api-stable', '/b')] } },
      { host: 'api.example.com', http: { paths: [path('api-stable')] } },
      { host: 'none.example.com' },
    ],
    defaultBackend: { service: { name: 'web-stable' } },
  });
  assert.deepEqual(created({ stable: present(stable) }).spec, {
    ingressClassName: 'nginx',
    rules: [{ host: 'web.example.com', http: { paths: [path('web-canary', '/a')] } }],
  });
});

test('TV-95 what others wrote on the canary Ingress survives weight changes', () => {
  const before = applyMergePatch(created(), {
    metadata: { annotations: { 'field.cattle.io/x': 'y' }, labels: { team: 'shop' } },
  });
  const { metadata } = patched(before, { weight: 50 });
  assert.equal(metadata.annotations?.['field.cattle.io/x'], 'y');
  assert.equal(metadata.annotations?.[`${prefix}/canary-weight`], '50');
  assert.deepEqual(metadata.labels, { team: 'shop' });
});

test('an annotation that vanished from the Rollout vanishes from the canary Ingress, and with the last one the note', () => {
  const first = created({
    nginx: { additionalIngressAnnotations: { 'canary-by-header': 'A', 'canary-by-cookie': 'c' } },
  });
  const second = patched(first, { nginx: { additionalIngressAnnotations: { 'canary-by-cookie': 'c' } } });
  assert.equal(second.metadata.annotations?.[`${prefix}/canary-by-header`], undefined);
  assert.equal(second.metadata.annotations?.[note], JSON.stringify([`${prefix}/canary-by-cookie`]));
  const third = patched(second, {});
  assert.deepEqual(third.metadata.annotations, created().metadata.annotations);
});

test('a note that somebody spoilt stops nothing', () => {
  for (const text of ['[', '{}', '[1]']) {
    const before = applyMergePatch(created(), { metadata: { annotations: { [note]: text } } });
    assert.equal(patched(before, {}).metadata.annotations?.[note], undefined);
  }
});

test('another prefix is used for every annotation, and those of the former one go', () => {
  const nginx = { annotationPrefix: 'custom.io', additionalIngressAnnotations: { 'canary-by-header': 'A' } };
  const { annotations } = patched(created(), { nginx }).metadata;
  assert.deepEqual(annotations, {
    'custom.io/canary': 'true',
    'custom.io/canary-by-header': 'A',
    'custom.io/canary-weight': '25',
    [note]: JSON.stringify(['custom.io/canary', 'custom.io/canary-by-header', 'custom.io/canary-weight']),
  });
  const back = patched({ ...created(), metadata: { ...created().metadata, annotations: annotations! } }, {});
  assert.deepEqual(back.metadata.annotations, created().metadata.annotations);
});

test('class and certificates follow the stable Ingress, its other annotations do not', () => {
  const tls = [{ hosts: ['web.example.com'], secretName: 'cert' }];
  const classKey = 'kubernetes.io/ingress.class';
  const annotations = { [classKey]: 'nginx', [`${prefix}/rewrite-target`]: '/' };
  const { ingressClassName: _none, ...spec } = stableIngress({ tls }, annotations).spec;
  const stable = { ...stableIngress({ tls }, annotations), spec };
  const first = created({ stable: present(stable) });
  assert.equal(first.metadata.annotations?.[classKey], 'nginx');
  assert.equal(first.metadata.annotations?.[`${prefix}/rewrite-target`], undefined);
  assert.deepEqual(first.spec.tls, tls);
  assert.equal(first.spec.ingressClassName, undefined);

  const later = patched(first, {});
  assert.equal(later.spec.tls, undefined);
  assert.equal(later.spec.ingressClassName, 'nginx');
  assert.equal(later.metadata.annotations?.[classKey], undefined);
});

test('a rule that changes on the stable Ingress changes on the canary Ingress', () => {
  const rules = [{ host: 'new.example.com', http: { paths: [path('web-stable', '/new')] } }];
  const later = patched(created(), { stable: present(stableIngress({ rules })) });
  assert.deepEqual(later.spec.rules, [{ host: 'new.example.com', http: { paths: [path('web-canary', '/new')] } }]);
});

test('each stable Ingress without a rule is named', () => {
  const plan = planOf({
    nginx: { stableIngress: '', stableIngresses: ['web-ing'] },
    stable: present(stableIngress({ rules: [] })),
  });
  assert.deepEqual(plan.problems, ['ingress `web-ing` has no rules using service web-stable backend']);
  const gone = planOf({ stable: { is: 'absent' } });
  assert.deepEqual(gone.problems, [
    'error retrieving stableIngress `web-ing` from cache: ingress.networking.k8s.io "web-ing" not found',
  ]);
});
