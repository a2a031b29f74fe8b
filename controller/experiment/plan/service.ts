// Does a template have a Service (analysis.md §6.7)? While it has pods to send requests to, if it asks for one and its
// containers name ports. A name that somebody else has is waited for, because the Experiment before this one keeps its
// Service until its pods are gone (V-70).

import { knownOf } from '../../analysis/plan/known-templates.ts';
import { experimentTemplateAnnotation } from '../../api/constants.ts';
import type { ReplicaSet, Service, ServicePort } from '../../api/kubernetes-types.ts';
import type { TemplateSpec } from '../../api/types.generated.ts';
import type { Known } from '../types.ts';
import { orderOf, outcomeOf, type Pass, refusalOf, tellFailure } from './pass.ts';
import { annotationsOf, isOwnedBy, ownerOf } from './replica-set.ts';

export interface PlannedService {
  /** As it will be after this wave. */
  readonly name?: string;
  /** Why there is none yet. */
  readonly problem?: string;
  /** There will never be one: trying again makes no sense. */
  readonly isRefused?: boolean;
}

/** `desired`: pods that the template should have. `isRouted`: requests may still come through its Service. */
export function planService(
  pass: Pass,
  template: TemplateSpec,
  replicaSet: ReplicaSet,
  { desired, isRouted }: { readonly desired: number; readonly isRouted: boolean },
): PlannedService {
  const own = ownService(pass, template.name);
  if (template.service === undefined) return own ? planDeletion(pass, own) : {};
  if (desired > 0) return own ? { name: own.metadata.name ?? '' } : planCreation(pass, template, replicaSet);
  if (!own) return {};
  // As the ReplicaSet's controller counts them: also those that are on their way out.
  const isIdle = (replicaSet.status?.availableReplicas ?? 0) === 0 && !isRouted;
  return isIdle ? planDeletion(pass, own) : { name: own.metadata.name ?? '' };
}

export function serviceNameOf(experiment: string | undefined, { name, service }: TemplateSpec): string | undefined {
  return service && (service.name || `${experiment ?? ''}-${name}`);
}

function ownService({ observed }: Pass, template: string): Service | undefined {
  return observed.services.find(({ metadata }) => metadata.annotations?.[experimentTemplateAnnotation] === template);
}

function planDeletion(pass: Pass, { metadata }: Service): PlannedService {
  const { name = '', uid = '', deletionTimestamp } = metadata;
  if (deletionTimestamp === undefined) {
    const key = `service/${name}`;
    pass.writes.push({ kind: 'deleteService', key, onFailure: orderOf(pass, key), name, uid });
    if (outcomeOf(pass, key)) return { name };
  }
  return {};
}

function planCreation(pass: Pass, template: TemplateSpec, replicaSet: ReplicaSet): PlannedService {
  const object = makeService(pass, template, replicaSet);
  if (!object) return {};
  const name = object.metadata.name ?? '';
  const key = `service/${name}`;
  const failed = (message: string) => {
    tellFailure(pass, key);
    const problem = `Failed to create Service ${name} for template '${template.name}': ${message}`;
    return { problem, isRefused: refusalOf(pass, key) !== undefined };
  };
  const known = holderOf(pass, name);
  if (known.is === 'unread') {
    pass.needs.push({ kind: 'service', name });
    return {};
  }
  if (known.is === 'present') {
    const isOurs =
      isOwnedBy(known.value, pass.experiment) &&
      known.value.metadata.annotations?.[experimentTemplateAnnotation] === template.name;
    if (isOurs) return { name };
    return failed(`service ${name} already exists and is not owned by experiment template ${template.name}`);
  }
  const before = outcomeOf(pass, key)?.problem;
  pass.writes.push({
    kind: 'createService',
    key,
    onFailure: orderOf(pass, key),
    object,
  });
  return before === undefined ? { name } : failed(before.message);
}

/** Whoever has the name. An "already exists" of a Service that the store does not show is read. */
function holderOf(pass: Pass, name: string): Known<Service> {
  const { namedServices, live } = pass.observed;
  const stored = namedServices[name] ?? { is: 'absent' };
  if (stored.is === 'present' || outcomeOf(pass, `service/${name}`)?.problem.class !== 'exists') return stored;
  return knownOf(live.services, name);
}

function makeService(pass: Pass, template: TemplateSpec, replicaSet: ReplicaSet): Service | undefined {
  const { experiment } = pass;
  const ports = template.template.spec.containers.flatMap(({ ports: of }) => (of ?? []) as readonly ContainerPort[]);
  if (ports.length === 0) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: serviceNameOf(experiment.metadata.name, template) ?? '',
      namespace: experiment.metadata.namespace ?? '',
      annotations: annotationsOf(experiment, template.name),
      ownerReferences: [ownerOf(experiment)],
    },
    spec: { selector: replicaSet.metadata.labels ?? {}, ports: ports.map(servicePort) },
  };
}

interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: string;
}

function servicePort({ name, containerPort, protocol }: ContainerPort): ServicePort {
  return {
    ...(name ? { name } : {}),
    ...(protocol ? { protocol } : {}),
    port: containerPort,
    targetPort: containerPort,
  };
}
