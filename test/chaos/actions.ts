// What users do to a Rollout, by chance: as objects are written by kubectl and the command line (rollout.md §6.6).

import type { Rollout } from '../../controller/api/types.generated.ts';
import { type KubeRequest, patchContentType, type Transport } from '../../controller/kubernetes/transport.ts';
import type { Dice } from './dice.ts';
import { app, badImage, goodImages, kinds, makeSteps, makeStrategy, namespace } from './scenario.ts';

const base = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/${app}`;

export interface Action {
  readonly name: string;
  /** Pods go that nobody else would have taken away. */
  readonly losesPods?: true;
  perform(transport: Transport, now: number): Promise<unknown>;
}

function patch(body: object, path = base): KubeRequest {
  return { verb: 'PATCH', path, contentType: patchContentType.merge, body };
}

function edit(name: string, body: object, path = base): Action {
  return { name: `${name} ${JSON.stringify(body)}`, perform: (transport) => transport.request(patch(body, path)) };
}

export function setImage(image: string): Action {
  const body = {
    spec: { template: { spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 8080 }] }] } } },
  };
  return { name: `set image ${image}`, perform: (transport) => transport.request(patch(body)) };
}

/** As `promote`: what stands in the way goes; at a pause the step is skipped. */
const promote: Action = {
  name: 'promote',
  async perform(transport) {
    const { status = {}, spec } = await readRollout(transport);
    await transport.request(patch({ spec: { paused: false } }));
    const steps = spec.strategy?.canary?.steps ?? [];
    const index = status.currentStepIndex ?? 0;
    if ((status.pauseConditions ?? []).length > 0 || index >= steps.length) {
      await transport.request(patch({ status: { pauseConditions: null } }, `${base}/status`));
    } else {
      await transport.request(
        patch({ status: { pauseConditions: null, currentStepIndex: index + 1 } }, `${base}/status`),
      );
    }
  },
};

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

export function deleteRollout(): Action {
  return { name: 'delete the rollout', perform: (transport) => transport.request({ verb: 'DELETE', path: base }) };
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
    routed: { steps: makeSteps(dice, true) },
    basic: { steps: makeSteps(dice, false) },
  };
  return {
    name: `edit the strategy: ${JSON.stringify(bodies)}`,
    async perform(transport) {
      const { blueGreen, canary } = (await readRollout(transport)).spec.strategy ?? {};
      const strategy = blueGreen
        ? { blueGreen: bodies.blueGreen }
        : { canary: canary?.trafficRouting ? bodies.routed : bodies.basic };
      await transport.request(patch({ spec: { strategy } }));
    },
  };
}

const gentle: readonly Make[] = [
  (dice) => setImage(dice.pick(goodImages)),
  (dice) => setImage(dice.pick(goodImages)),
  (dice) => setImage(dice.pick(goodImages)),
  () => setImage(badImage),
  () => promote,
  () => promote,
  () => edit('promote full', { status: { promoteFull: true } }, `${base}/status`),
  () => edit('abort', { status: { abort: true } }, `${base}/status`),
  () => edit('abort', { status: { abort: true } }, `${base}/status`),
  () => edit('retry', { status: { abort: false } }, `${base}/status`),
  (dice) => edit('scale', { spec: { replicas: 1 + dice.below(7) } }),
  (dice) => edit('pause', { spec: { paused: dice.chance(0.5) } }),
  editStrategy,
];

const rough: readonly Make[] = [
  () => restart,
  (dice) => deletePod(dice.below(20)),
  (dice) => deletePod(dice.below(20)),
];

const strategyChange: Make = (dice) => {
  const body = [{ op: 'replace', path: '/spec/strategy', value: makeStrategy(dice, dice.pick(kinds)) }];
  return {
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
