// Which canary Ingresses carry a decision to ingress-nginx (traffic.md §3)? Beside each stable Ingress stands one more,
// whose annotations say how much it takes; this router creates and patches it, and touches nothing of the stable one.

import type { Ingress } from '../../api/kubernetes-types.ts';
import type { Need, Write } from '../../rollout/types.ts';
import type { Router, RouterInput, RouterPlan, TrafficDecision } from '../types.ts';
import { canaryIngressPatch, makeCanaryIngress } from './canary-ingress.ts';
import { canaryIngressName, type NginxSettings, readNginxSettings } from './settings.ts';

export const nginxRouter: Router = { type: 'Nginx', plan: planNginx };

type Outcome =
  | { readonly kind: 'settled' }
  | { readonly kind: 'write'; readonly write: Write }
  | { readonly kind: 'needs'; readonly need: Need }
  | { readonly kind: 'problem'; readonly message: string };

function planNginx({ observed, rollout, decision }: RouterInput): RouterPlan {
  const settings = readNginxSettings(rollout);
  // Held: the weights stay as they are. There is nothing else to do, as this router has no managed routes.
  if (!settings || decision.heldBy !== undefined) return { writes: [], needs: [], problems: [], reasons: [] };
  const outcomes = settings.stableIngresses.map((name) => planOne(name, settings, decision, observed.ingresses));
  return {
    writes: outcomes.flatMap((outcome) => (outcome.kind === 'write' ? [outcome.write] : [])),
    needs: outcomes.flatMap((outcome) => (outcome.kind === 'needs' ? [outcome.need] : [])),
    problems: outcomes.flatMap((outcome) => (outcome.kind === 'problem' ? [outcome.message] : [])),
    reasons: [],
  };
}

function planOne(
  stableName: string,
  settings: NginxSettings,
  { desired: weight }: TrafficDecision,
  ingresses: RouterInput['observed']['ingresses'],
): Outcome {
  const name = canaryIngressName(settings.rolloutName, stableName);
  const stable = ingresses[stableName] ?? { is: 'unread' };
  const existing = ingresses[name] ?? { is: 'unread' };
  if (stable.is === 'unread') return { kind: 'needs', need: { kind: 'ingress', name: stableName } };
  if (existing.is === 'unread') return { kind: 'needs', need: { kind: 'ingress', name } };
  if (stable.is !== 'present') {
    const why = stable.is === 'failed' ? stable.problem.message : `ingress.networking.k8s.io "${stableName}" not found`;
    return problem(`error retrieving stableIngress \`${stableName}\` from cache: ${why}`);
  }
  if (existing.is === 'failed') {
    return problem(`error retrieving canary ingress \`${name}\` from cache: ${existing.problem.message}`);
  }
  const desired = makeCanaryIngress(stable.value, settings, weight);
  if (!desired) {
    return problem(`ingress \`${stableName}\` has no rules using service ${settings.stableService} backend`);
  }
  if (existing.is === 'absent') return { kind: 'write', write: creation(desired, name, weight) };
  if (!isControlledBy(existing.value, settings.rolloutUid)) {
    return problem(`canary ingress \`${name}\` controlled by different object`);
  }
  const patch = canaryIngressPatch(existing.value, desired);
  return patch === undefined ? { kind: 'settled' } : { kind: 'write', write: patching(patch, name, weight) };
}

/** With the weight from the start. A twin that the cache does not know yet is read and planned again (§3.3). */
function creation(object: Ingress, name: string, weight: number): Write {
  return {
    kind: 'createIngress',
    key: `createIngress/${name}`,
    object,
    onFailure: 'stop',
    events: [
      {
        type: 'Normal',
        reason: 'CreatingCanaryIngress',
        message: `Creating canary ingress \`${name}\` with weight \`${weight}\``,
      },
    ],
    failureEvent: failed(`error creating canary ingress \`${name}\`: {error}`),
  };
}

function patching(patch: unknown, name: string, weight: number): Write {
  return {
    kind: 'patchIngress',
    key: `patchIngress/${name}`,
    name,
    patch,
    onFailure: 'stop',
    events: [
      {
        type: 'Normal',
        reason: 'PatchingCanaryIngress',
        message: `Updating Ingress \`${name}\` to desiredWeight '${weight}'`,
      },
    ],
    failureEvent: failed(`error patching canary ingress \`${name}\`: {error}`),
  };
}

function failed(message: string) {
  return { type: 'Warning', reason: 'TrafficRoutingError', message, lasts: message } as const;
}

function problem(message: string): Outcome {
  return { kind: 'problem', message };
}

function isControlledBy({ metadata }: Ingress, uid: string): boolean {
  return metadata.ownerReferences?.find((owner) => owner.controller)?.uid === uid;
}
