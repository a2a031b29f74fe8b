// Which template does this Rollout roll out (rollout.md §8)? Its own, or that of the workload it refers to; in memory only,
// never written back. Quantities that nobody can read are left out of it (§1.1).

import { workloadGenerationAnnotation } from '../../api/constants.ts';
import type { KubernetesObject, LabelSelector, PodTemplateSpec } from '../../api/kubernetes-types.ts';
import type { Rollout, WorkloadReference } from '../../api/types.generated.ts';
import type { Known, Need } from '../types.ts';
import { withReadableQuantities } from './readable-quantities.ts';

export type Resolved =
  | { readonly is: 'resolved'; readonly rollout: Rollout }
  | { readonly is: 'unread'; readonly need: Need }
  | { readonly is: 'unreadable'; readonly message: string }
  | { readonly is: 'invalid'; readonly problem: string };

const resourceOf: Readonly<Record<string, string>> = {
  'apps/Deployment': 'deployments.apps',
  'apps/ReplicaSet': 'replicasets.apps',
  '/PodTemplate': 'podtemplates',
};

const resolutions = new WeakMap<Rollout, Rollout>();

export function resolveRollout(rollout: Rollout, workload: Known<KubernetesObject>): Resolved {
  const reference = rollout.spec.workloadRef;
  if (!reference) return { is: 'resolved', rollout: withoutWorkload(rollout) };
  const kind = `${groupOf(reference)}/${reference.kind ?? ''}`;
  const resource = resourceOf[kind];
  const problem = (text: string): Resolved => ({ is: 'invalid', problem: text });
  if (!resource) return problem(`workload of type ${kind} is not supported`);
  if (hasTemplate(rollout)) {
    return problem('template must be empty for workload reference rollout'); // without a path, other than §1.3 says it
  }
  const name = reference.name ?? '';
  if (workload.is === 'unread') {
    const { apiVersion = '', kind: workloadKind = '' } = reference;
    return { is: 'unread', need: { kind: 'workload', apiVersion, workloadKind, name } };
  }
  if (workload.is === 'failed') return { is: 'unreadable', message: workload.problem.message };
  if (workload.is === 'absent') return problem(`${resource} "${rollout.metadata.namespace}/${name}" not found`);
  return { is: 'resolved', rollout: withWorkload(rollout, workload.value) };
}

/** Without a reference the annotation of an earlier one is not handed on. */
function withoutWorkload(rollout: Rollout): Rollout {
  const known = resolutions.get(rollout);
  if (known) return known;
  const readable = rollout.spec.template ? withReadableQuantities(rollout.spec.template) : undefined;
  const isTemplateNew = readable !== undefined && readable !== rollout.spec.template;
  const { [workloadGenerationAnnotation]: generation, ...annotations } = rollout.metadata.annotations ?? {};
  const resolved: Rollout = {
    ...rollout,
    ...(generation === undefined ? {} : { metadata: { ...rollout.metadata, annotations } }),
    ...(isTemplateNew ? { spec: { ...rollout.spec, template: readable } } : {}),
  };
  const result = generation === undefined && !isTemplateNew ? rollout : resolved;
  resolutions.set(rollout, result);
  return result;
}

function withWorkload(rollout: Rollout, workload: KubernetesObject): Rollout {
  const { template, selector } = templateOf(workload);
  const generation = String(workload.metadata.generation ?? 0);
  return {
    ...rollout,
    metadata: {
      ...rollout.metadata,
      annotations: { ...rollout.metadata.annotations, [workloadGenerationAnnotation]: generation },
    },
    spec: {
      ...rollout.spec,
      ...(template ? { template: withReadableQuantities(template) } : {}),
      ...(rollout.spec.selector || !selector ? {} : { selector }),
    },
  };
}

/** A PodTemplate carries its template at the top and has no selector. */
function templateOf(workload: KubernetesObject): {
  readonly template?: PodTemplateSpec | undefined;
  readonly selector?: LabelSelector | undefined;
} {
  const fields = workload as KubernetesObject & {
    readonly template?: PodTemplateSpec;
    readonly spec?: { readonly template?: PodTemplateSpec; readonly selector?: LabelSelector };
  };
  if (fields.spec) return { template: fields.spec.template, selector: fields.spec.selector };
  return { template: fields.template };
}

function hasTemplate({ spec }: Rollout): boolean {
  const { labels, annotations } = spec.template?.metadata ?? {};
  return Object.keys(labels ?? {}).length + Object.keys(annotations ?? {}).length > 0;
}

function groupOf({ apiVersion = '' }: WorkloadReference): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
