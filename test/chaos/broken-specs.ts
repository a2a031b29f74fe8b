// Specs that users break, each with how it is mended later: by the Rollout's own rules, by what it refers to, or by an
// object that is gone (rollout.md §1.3).

import type { Rollout } from '../../controller/api/types.generated.ts';
import type { Transport } from '../../controller/kubernetes/transport.ts';
import type { Action } from './actions.ts';
import type { Dice } from './dice.ts';
import { clusterTemplateName, namespace } from './names.ts';
import { readRollout, replaceField } from './requests.ts';
import { makeService } from './scenario.ts';

interface Break {
  readonly name: string;
  /** JSON pointer into the Rollout: what it was is put back. */
  readonly path: string;
  readonly value: (spec: Rollout['spec']) => unknown;
}

const breaks: readonly Break[] = [
  { name: 'minReadySeconds above the deadline', path: '/spec/minReadySeconds', value: () => 9999 },
  {
    name: 'a template that the selector misses',
    path: '/spec/template/metadata/labels',
    value: () => ({ app: 'else' }),
  },
  { name: 'no containers', path: '/spec/template/spec/containers', value: () => [] },
  { name: 'two strategies', path: '/spec/strategy', value: withBoth },
  { name: 'a Service that is not there', path: '/spec/strategy', value: withMissingService },
  { name: 'steps that cannot be', path: '/spec/strategy', value: withBadStep },
  { name: 'a template of analyses that is not there', path: '/spec/strategy', value: withMissingTemplate },
];

export function breakSpec(dice: Dice): Action {
  const chosen = dice.pick(breaks);
  let before: unknown;
  return {
    name: `break the spec: ${chosen.name}`,
    async perform(transport) {
      const { spec } = await readRollout(transport);
      before = valueAt({ spec }, chosen.path);
      await transport.request(replaceField(chosen.path, chosen.value(spec)));
    },
    mend: {
      name: `mend the spec: ${chosen.name}`,
      perform: (transport) => transport.request(replaceField(chosen.path, before)),
    },
  };
}

/** Requests are lost meanwhile. */
export function deleteService(dice: Dice): Action {
  const name = dice.pick(['root', 'stable', 'canary', 'active', 'preview', 'ping']);
  const path = `/api/v1/namespaces/${namespace}/services`;
  return deleteAndBringBack(`service ${name}`, `${path}/${name}`, async (transport) => {
    await transport.request({ verb: 'POST', path, body: makeService(name) });
  });
}

export function deleteTemplate(): Action {
  const path = '/apis/argoproj.io/v1alpha1/clusteranalysistemplates';
  let gone: unknown;
  const action = deleteAndBringBack('the template of the cluster', `${path}/${clusterTemplateName}`, (transport) =>
    transport.request({ verb: 'POST', path, body: gone }),
  );
  return {
    ...action,
    async perform(transport, now) {
      const { body } = await transport.request({ verb: 'GET', path: `${path}/${clusterTemplateName}` });
      const { apiVersion, kind, spec } = body as Record<string, unknown>;
      gone = { apiVersion, kind, metadata: { name: clusterTemplateName }, spec };
      await action.perform(transport, now);
    },
  };
}

function deleteAndBringBack(what: string, path: string, create: (transport: Transport) => Promise<unknown>): Action {
  return {
    name: `delete ${what}`,
    perform: (transport) => transport.request({ verb: 'DELETE', path }),
    mend: { name: `create ${what} again`, perform: create },
  };
}

function withBoth(spec: Rollout['spec']): object {
  const { strategy } = spec;
  return { ...strategy, ...(strategy?.canary ? { blueGreen: { activeService: 'active' } } : { canary: {} }) };
}

function withMissingService({ strategy }: Rollout['spec']): object {
  return strategy?.blueGreen
    ? { blueGreen: { ...strategy.blueGreen, previewService: 'nobody' } }
    : { canary: { ...strategy?.canary, canaryService: 'nobody' } };
}

function withBadStep({ strategy }: Rollout['spec']): object {
  if (strategy?.blueGreen)
    return { blueGreen: { ...strategy.blueGreen, previewService: strategy.blueGreen.activeService } };
  const mirror = { setMirrorRoute: { name: 'nobody', percentage: 10 } };
  const steps = strategy?.canary?.trafficRouting ? [mirror] : [{ setWeight: 101 }];
  return { canary: { ...strategy?.canary, steps: [...(strategy?.canary?.steps ?? []), ...steps] } };
}

function withMissingTemplate({ strategy }: Rollout['spec']): object {
  const analysis = { templates: [{ templateName: 'nobody' }] };
  return strategy?.blueGreen
    ? { blueGreen: { ...strategy.blueGreen, prePromotionAnalysis: analysis } }
    : { canary: { ...strategy?.canary, analysis } };
}

function valueAt(object: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce((at: unknown, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], object);
}
