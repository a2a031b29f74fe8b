// What users do to a Rollout, by chance: as objects are written by kubectl and the command line (rollout.md §6.6).

import { makePromotePatches, type PromoteMode } from '../../cli/promote-patches.ts';
import { podTemplateHashLabel } from '../../controller/api/constants.ts';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { type KubeRequest, patchContentType, type Transport } from '../../controller/kubernetes/transport.ts';
import type { Dice } from './dice.ts';
import { app, badImage, containersOf, goodImages, namespace } from './scenario.ts';
import { type Kind, kinds, makeSteps, makeStrategy } from './strategies.ts';

const base = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/${app}`;
const workloads = `/apis/apps/v1/namespaces/${namespace}`;

export interface Action {
  readonly name: string;
  /** Pods go that nobody else would have taken away. */
  readonly losesPods?: true;
  /** The strategy becomes one of this kind. */
  readonly kind?: Kind;
  perform(transport: Transport, now: number): Promise<unknown>;
}

function patch(body: unknown, path = base): KubeRequest {
  return { verb: 'PATCH', path, contentType: patchContentType.merge, body };
}

function edit(name: string, body: object, path = base): Action {
  return { name: `${name} ${JSON.stringify(body)}`, perform: (transport) => transport.request(patch(body, path)) };
}

/** Where the template is: in the Rollout, or in the workload that it refers to. */
async function patchTemplate(transport: Transport, template: object): Promise<void> {
  const { spec } = await readRollout(transport);
  const path = spec.workloadRef ? `${workloads}/deployments/${app}` : base;
  await transport.request(patch({ spec: { template } }, path));
}

export function setImage(image: string): Action {
  return {
    name: `set image ${image}`,
    perform: (transport) => patchTemplate(transport, { spec: { containers: containersOf(image) } }),
  };
}

/** The template of the revision before. */
const undo: Action = {
  name: 'undo',
  async perform(transport) {
    const own = (await readReplicaSets(transport)).toSorted((one, other) => revisionOf(other) - revisionOf(one));
    const previous = own[1]?.spec.template?.spec as { readonly containers: readonly { image: string }[] } | undefined;
    if (previous) await patchTemplate(transport, { spec: { containers: containersOf(previous.containers[0]?.image) } });
  },
};

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.['rollout.argoproj.io/revision'] ?? 0);
}

function promote(mode: PromoteMode): Action {
  return {
    name: `promote ${mode}`,
    async perform(transport) {
      const { spec, status } = makePromotePatches(await readRollout(transport), mode);
      if (spec !== undefined) await transport.request(patch(spec));
      if (status !== undefined) await transport.request(patch(status, `${base}/status`));
    },
  };
}

const restart: Action = {
  name: 'restart',
  losesPods: true,
  perform: (transport, now) =>
    transport.request(patch({ spec: { restartAt: new Date(now).toISOString().replace(/\.\d+Z/, 'Z') } })),
};

function deletePod(index: number): Action {
  return {
    name: `delete pod ${index}`,
    losesPods: true,
    async perform(transport) {
      const { body } = await transport.request({ verb: 'GET', path: `/api/v1/namespaces/${namespace}/pods` });
      const { items } = body as { readonly items: readonly { readonly metadata: { readonly name: string } }[] };
      const pod = items[index % Math.max(1, items.length)];
      if (!pod) return;
      await transport.request({ verb: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}` });
    },
  };
}

/** Its garbage collection makes the controller begin that version again. */
function deleteReplicaSet(index: number): Action {
  return {
    name: `delete replica set ${index}`,
    losesPods: true,
    async perform(transport) {
      const own = await readReplicaSets(transport);
      const chosen = own[index % Math.max(1, own.length)];
      const body = { propagationPolicy: 'Background' };
      if (!chosen) return;
      await transport.request({ verb: 'DELETE', path: `${workloads}/replicasets/${chosen.metadata.name}`, body });
    },
  };
}

export function deleteRollout(): Action {
  return { name: 'delete the rollout', perform: (transport) => transport.request({ verb: 'DELETE', path: base }) };
}

async function readReplicaSets(transport: Transport): Promise<readonly ReplicaSet[]> {
  const { body } = await transport.request({ verb: 'GET', path: `${workloads}/replicasets` });
  const { items } = body as { readonly items: readonly ReplicaSet[] };
  return items.filter(({ metadata }) => metadata.labels?.[podTemplateHashLabel] !== undefined);
}

async function readRollout(transport: Transport): Promise<Rollout> {
  const { body } = await transport.request({ verb: 'GET', path: base });
  return body as Rollout;
}

type Make = (dice: Dice) => Action;

/** Other steps, or another way to promote: what fits the strategy that is there. */
function editStrategy(dice: Dice): Action {
  const bodies = {
    blueGreen: { autoPromotionEnabled: dice.chance(0.5) },
    alb: { steps: makeSteps(dice, 'alb') },
    routed: { steps: makeSteps(dice, 'routed') },
    basic: { steps: makeSteps(dice, 'basic') },
  };
  return {
    name: `edit the strategy: ${JSON.stringify(bodies)}`,
    async perform(transport) {
      const { blueGreen, canary } = (await readRollout(transport)).spec.strategy ?? {};
      const takes = canary?.trafficRouting?.alb ? 'alb' : canary?.trafficRouting ? 'routed' : 'basic';
      const strategy = blueGreen ? { blueGreen: bodies.blueGreen } : { canary: bodies[takes] };
      await transport.request(patch({ spec: { strategy } }));
    },
  };
}

const gentle: readonly Make[] = [
  (dice) => setImage(dice.pick(goodImages)),
  (dice) => setImage(dice.pick(goodImages)),
  (dice) => setImage(dice.pick(goodImages)),
  () => setImage(badImage),
  () => undo,
  () => promote('plain'),
  () => promote('plain'),
  (dice) => promote(dice.pick(['skipCurrentStep', 'skipAllSteps'])),
  () => promote('full'),
  () => edit('abort', { status: { abort: true } }, `${base}/status`),
  () => edit('abort', { status: { abort: true } }, `${base}/status`),
  () => edit('retry', { status: { abort: false } }, `${base}/status`),
  (dice) => edit('scale', { spec: { replicas: 1 + dice.below(7) } }),
  (dice) => edit('autoscale', { spec: { replicas: 1 + dice.below(7) } }, `${base}/scale`),
  (dice) => edit('pause', { spec: { paused: dice.chance(0.5) } }),
  editStrategy,
];

const rough: readonly Make[] = [
  () => restart,
  (dice) => deletePod(dice.below(20)),
  (dice) => deletePod(dice.below(20)),
  (dice) => deleteReplicaSet(dice.below(5)),
];

const strategyChange: Make = (dice) => {
  const kind = dice.pick(kinds);
  const body = [{ op: 'replace', path: '/spec/strategy', value: makeStrategy(dice, kind) }];
  return {
    kind,
    name: `strategy ${JSON.stringify(body[0]?.value)}`,
    perform: (transport) => transport.request({ verb: 'PATCH', path: base, contentType: patchContentType.json, body }),
  };
};

export interface Manner {
  readonly losesPods: boolean;
  readonly changesStrategy: boolean;
}

export function makeAction(dice: Dice, manner: Manner): Action {
  const choices = [...gentle, ...(manner.losesPods ? rough : []), ...(manner.changesStrategy ? [strategyChange] : [])];
  return dice.pick(choices)(dice);
}

/** What brings any Rollout to its end: a good version, nothing held back, everything promoted. */
export function finish(dice: Dice): readonly Action[] {
  return [
    edit('resume', { spec: { paused: false } }),
    setImage(`web:${10 + dice.below(10)}`),
    { name: 'wait', perform: () => Promise.resolve() },
    edit('retry', { status: { abort: false } }, `${base}/status`),
    edit('promote full', { status: { promoteFull: true, pauseConditions: null } }, `${base}/status`),
  ];
}
