// The Rollouts of the fleet benchmark: made, changed and looked at.

import { patchContentType, type Transport } from '../../controller/kubernetes/transport.ts';
import type { Storage } from '../../sandbox/apiserver/storage.ts';

const base = '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts';

/** Numbers are weights, texts are the durations of pauses. */
export function weightedSteps(list: readonly (number | string)[]): object[] {
  return list.map((step) => {
    if (typeof step === 'number') return { setWeight: step };
    return { pause: step === 'forever' ? {} : { duration: step } };
  });
}

export function createRollout(
  transport: Transport,
  { name, replicas, steps }: { name: string; replicas: number; steps: readonly object[] },
): Promise<unknown> {
  const container = { name: 'app', image: 'app:0', ports: [{ containerPort: 8080 }] };
  const body = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { canary: { steps } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
    },
  };
  return transport.request({ verb: 'POST', path: base, body });
}

export function setImage(transport: Transport, name: string, image: string): Promise<unknown> {
  const body = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }];
  return transport.request({ verb: 'PATCH', path: `${base}/${name}`, contentType: patchContentType.json, body });
}

/** As `slipway promote` does. */
export function promote(transport: Transport, name: string): Promise<unknown> {
  const body = { status: { pauseConditions: null } };
  const path = `${base}/${name}/status`;
  return transport.request({ verb: 'PATCH', path, contentType: patchContentType.merge, body });
}

export function deleteRollout(transport: Transport, name: string): Promise<unknown> {
  return transport.request({ verb: 'DELETE', path: `${base}/${name}` });
}

interface SeenRollout {
  readonly metadata: { readonly generation?: number };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status?: { readonly phase?: string; readonly observedGeneration?: string };
}

/** Healthy as it is asked to be, with that image if one is named. */
export function isSettled(storage: Storage, name: string, image?: string): boolean {
  const rollout = storage.get('argoproj.io/rollouts', `default/${name}`) as unknown as SeenRollout | undefined;
  if (rollout?.status?.phase !== 'Healthy') return false;
  if (image !== undefined && rollout.spec.template.spec.containers[0]?.image !== image) return false;
  return rollout.status.observedGeneration === String(rollout.metadata.generation);
}
