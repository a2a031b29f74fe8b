// What users do to a Rollout, by chance: as objects are written by kubectl and the command line (rollout.md §6.6).

import { makePromotePatches, type PromoteMode } from '../../cli/promote-patches.ts';
import type { KubernetesObject, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { Transport } from '../../controller/kubernetes/transport.ts';
import { breakSpec, deleteService, deleteTemplate } from './broken-specs.ts';
import type { Dice } from './dice.ts';
import { app, namespace } from './names.ts';
import {
  mergePatch,
  readList,
  readReplicaSets,
  readRollout,
  replaceField,
  rolloutPath,
  workloads,
} from './requests.ts';
import { badImage, containersOf, goodImages, type Manner } from './scenario.ts';
import { makeSteps } from './steps.ts';
import { type Kind, kinds, makeStrategy } from './strategies.ts';

export interface Action {
  readonly name: string;
  /** The strategy becomes one of this kind. */
  readonly kind?: Kind;
  /** To be done some time later: what was broken is mended. */
  readonly mend?: Action;
  perform(transport: Transport, now: number): Promise<unknown>;
}

export function makeAction(dice: Dice, manner: Manner): Action {
  const choices = [
    ...gentle,
    ...(manner.losesPods ? rough : []),
    ...(manner.breaksSpecs ? breaking : []),
    ...(manner.losesPods && manner.breaksSpecs ? [deleteService] : []),
    ...(manner.changesStrategy ? [changeStrategy] : []),
  ];
  return dice.pick(choices)(dice);
}

/** What brings any Rollout to its end: a good version, nothing held back, everything promoted. */
export function finish(dice: Dice): readonly Action[] {
  return [
    edit('resume', { spec: { paused: false } }),
    setImage(`web:${10 + dice.below(10)}`),
    { name: 'wait', perform: () => Promise.resolve() },
    edit('retry', { status: { abort: false } }, `${rolloutPath}/status`),
    edit('promote full', { status: { promoteFull: true, pauseConditions: null } }, `${rolloutPath}/status`),
  ];
}

export function deleteRollout(): Action {
  return {
    name: 'delete the rollout',
    perform: (transport) => transport.request({ verb: 'DELETE', path: rolloutPath }),
  };
}

type Make = (dice: Dice) => Action;

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
  () => edit('abort', { status: { abort: true } }, `${rolloutPath}/status`),
  () => edit('abort', { status: { abort: true } }, `${rolloutPath}/status`),
  () => edit('retry', { status: { abort: false } }, `${rolloutPath}/status`),
  (dice) => edit('scale', { spec: { replicas: dice.chance(0.1) ? 0 : 1 + dice.below(7) } }),
  (dice) => edit('autoscale', { spec: { replicas: 1 + dice.below(7) } }, `${rolloutPath}/scale`),
  (dice) => edit('pause', { spec: { paused: dice.chance(0.5) } }),
  editStrategy,
  (dice) => (dice.chance(0.5) ? deleteOne('analysisruns', dice.below(5)) : deleteOne('experiments', dice.below(5))),
];

const rough: readonly Make[] = [
  () => restart,
  (dice) => deletePod(dice.below(20)),
  (dice) => deletePod(dice.below(20)),
  (dice) => deleteReplicaSet(dice.below(5)),
];

const breaking: readonly Make[] = [breakSpec, breakSpec, deleteTemplate];

function edit(name: string, body: object, path = rolloutPath): Action {
  return { name: `${name} ${JSON.stringify(body)}`, perform: (transport) => transport.request(mergePatch(body, path)) };
}

/** Where the template is: in the Rollout, or in the workload that it refers to. */
async function patchTemplate(transport: Transport, template: object): Promise<void> {
  const { spec } = await readRollout(transport);
  const path = spec.workloadRef ? `${workloads}/deployments/${app}` : rolloutPath;
  await transport.request(mergePatch({ spec: { template } }, path));
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
      if (spec !== undefined) await transport.request(mergePatch(spec));
      if (status !== undefined) await transport.request(mergePatch(status, `${rolloutPath}/status`));
    },
  };
}

const restart: Action = {
  name: 'restart',
  perform: (transport, now) =>
    transport.request(mergePatch({ spec: { restartAt: new Date(now).toISOString().replace(/\.\d+Z/, 'Z') } })),
};

function deletePod(index: number): Action {
  return {
    name: `delete pod ${index}`,
    perform: (transport) => deleteAt(transport, `/api/v1/namespaces/${namespace}/pods`, index),
  };
}

/** Runs and Experiments: the controller begins those that it needs again. */
function deleteOne(plural: string, index: number): Action {
  return {
    name: `delete one of the ${plural} ${index}`,
    perform: (transport) => deleteAt(transport, `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/${plural}`, index),
  };
}

async function deleteAt(transport: Transport, path: string, index: number): Promise<void> {
  const items = await readList<KubernetesObject>(transport, path);
  const chosen = items[index % Math.max(1, items.length)];
  if (chosen) await transport.request({ verb: 'DELETE', path: `${path}/${chosen.metadata.name}` });
}

/** Its garbage collection makes the controller begin that version again. */
function deleteReplicaSet(index: number): Action {
  return {
    name: `delete replica set ${index}`,
    async perform(transport) {
      const own = await readReplicaSets(transport);
      const chosen = own[index % Math.max(1, own.length)];
      const body = { propagationPolicy: 'Background' };
      if (!chosen) return;
      await transport.request({ verb: 'DELETE', path: `${workloads}/replicasets/${chosen.metadata.name}`, body });
    },
  };
}

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
      await transport.request(mergePatch({ spec: { strategy } }));
    },
  };
}

function changeStrategy(dice: Dice): Action {
  const kind = dice.pick(kinds);
  const strategy = makeStrategy(dice, kind);
  return {
    kind,
    name: `strategy ${JSON.stringify(strategy)}`,
    perform: (transport) => transport.request(replaceField('/spec/strategy', strategy)),
  };
}
