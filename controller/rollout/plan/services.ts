// Which Services point where (rollout.md §3.5, traffic.md §1.8)? Only the hash key of a selector is ours, and the
// annotation that says so, which comes with the first switch.

import { managedByAnnotation, podTemplateHashLabel } from '../../api/constants.ts';
import { canaryOf, hasTrafficRouting, replicasOf } from '../../api/defaults.ts';
import type { ReplicaSet, Service } from '../../api/kubernetes-types.ts';
import { because } from '../../explain/reasons.ts';
import type { Known } from '../types.ts';
import { events } from './events.ts';
import { addNeed, addReason, addWrite, isAborted, newReplicaSet, type Pass, stableReplicaSet } from './pass.ts';
import { hashOf, nameOf } from './replica-set.ts';
import { lastingCount, specCount } from './replica-set-counts.ts';
import { isFullyPromoted } from './weights.ts';

/** What is known of a Service; asks for it when it was not read. */
export function serviceNamed(pass: Pass, name: string): Known<Service> {
  const known = pass.services[name] ?? { is: 'unread' };
  if (known.is === 'unread') addNeed(pass, { kind: 'service', name });
  return known;
}

/** The hash that a Service selects after the writes planned so far; '' without one, undefined when it is not known. */
export function selectedHash(pass: Pass, name: string | undefined): string | undefined {
  if (!name) return undefined;
  const known = serviceNamed(pass, name);
  return known.is === 'present' ? (known.value.spec.selector?.[podTemplateHashLabel] ?? '') : undefined;
}

/** Neither waiting nor an absent Service holds up what follows. */
export function planStableService(pass: Pass): void {
  ensureSelects(pass, canaryOf(pass.rollout)?.stableService, stableReplicaSet(pass));
}

/** After the stable Service. */
export function planCanaryService(pass: Pass, pinsCanaryToStable: boolean): void {
  const canaryService = canaryOf(pass.rollout)?.canaryService;
  if (isAborted(pass) && !hasTrafficRouting(pass.rollout)) {
    return ensureSelects(pass, canaryService, stableReplicaSet(pass));
  }
  // The traffic decision pins it to stable: pointing it at the canary first would only flap (traffic.md S5).
  if (pinsCanaryToStable || isRollingBackDynamically(pass)) return;
  ensureSelects(pass, canaryService, newReplicaSet(pass));
}

/**
 * Whether requests to the stable Service would meet nobody: after a promotion it still selects the version before, or
 * nobody can say what, and that version has no pods any more (dynamicStableScale).
 */
export function isStableServiceEmpty(pass: Pass): boolean {
  const name = canaryOf(pass.rollout)?.stableService;
  const recorded = pass.status.canary?.weights?.stable.podTemplateHash ?? '';
  if (!name || recorded === '' || recorded === hashOf(stableReplicaSet(pass))) return false;
  const known = serviceNamed(pass, name);
  const selected = known.is === 'failed' ? recorded : (selectedHash(pass, name) ?? '');
  return selected !== '' && !pass.replicaSets.some((one) => hashOf(one) === selected && lastingCount(one) > 0);
}

/** The abandoned canary still has traffic, balanced against what stable can take (branch A of the decision). */
function isRollingBackDynamically(pass: Pass): boolean {
  const { rollout, status } = pass;
  const recorded = status.canary?.weights?.canary.podTemplateHash;
  const newRS = newReplicaSet(pass);
  return (
    hasTrafficRouting(rollout) &&
    canaryOf(rollout)?.dynamicStableScale === true &&
    isFullyPromoted(status) &&
    recorded !== undefined &&
    recorded !== hashOf(newRS) &&
    lastingCount(newRS) < replicasOf(rollout)
  );
}

/** Points a Service, once the ReplicaSet has pods to answer; a Service not yet ours waits for all of them. */
export function ensureSelects(pass: Pass, name: string | undefined, replicaSet: ReplicaSet | undefined): void {
  if (!name || !replicaSet) return;
  const known = serviceNamed(pass, name);
  if (known.is === 'failed') {
    addReason(pass, because('objectUnreadable', { kind: 'Service', name, message: known.problem.message }));
  }
  if (known.is !== 'present' || known.value.spec.selector?.[podTemplateHashLabel] === hashOf(replicaSet)) return;
  const available = lastingCount(replicaSet);
  const spec = specCount(replicaSet);
  const isAdopted = known.value.metadata.annotations?.[managedByAnnotation] !== undefined;
  const isReady = available > 0 && (isAdopted || (spec > 0 && available >= spec));
  if (!isReady) {
    if (spec === 0) return;
    return addReason(
      pass,
      because('serviceWaitsForPods', { service: name, replicaSet: nameOf(replicaSet), available }),
    );
  }
  planSelector(pass, name, known.value, hashOf(replicaSet));
}

/** Switches a Service without any check. */
export function planSelector(pass: Pass, name: string, service: Service, hash: string): void {
  const before = service.spec.selector?.[podTemplateHashLabel] ?? '';
  const isOurs = service.metadata.annotations?.[managedByAnnotation] !== undefined;
  if (before === hash && isOurs) return;
  const annotations = { [managedByAnnotation]: pass.rollout.metadata.name ?? '' };
  addWrite(pass, {
    kind: 'patchService',
    key: `service/${name}`,
    onFailure: 'stop',
    name,
    patch: {
      ...(isOurs ? {} : { metadata: { annotations } }),
      spec: { selector: { [podTemplateHashLabel]: hash } },
    },
    events: before === hash ? [] : [events.switchedService(name, before, hash)],
  });
  pass.services[name] = {
    is: 'present',
    value: {
      ...service,
      metadata: isOurs
        ? service.metadata
        : { ...service.metadata, annotations: { ...service.metadata.annotations, ...annotations } },
      spec: { ...service.spec, selector: { ...service.spec.selector, [podTemplateHashLabel]: hash } },
    },
  };
}
