// Which annotations does the ReplicaSet of a Deployment have? The Deployment's own (a change cause, for `kubectl rollout
// history`), its revision, and the revisions that it was before.

import type { Deployment } from '../../controller/api/kubernetes-types.ts';
import { type DeploymentSpec, desiredAnnotation, maximumAnnotation, surgeOf, wantedBy } from './deployment-replicas.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';

/** Kept by whoever writes them. */
const notCopied = [
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maximumAnnotation,
  'deprecated.deployment.rollback.to',
];

type Annotations = Readonly<Record<string, string>>;

/** `present`: those of the ReplicaSet; empty for a new one. A revision never falls. */
export function annotationsFor(deployment: Deployment, present: Annotations, revision: string): Annotations {
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !notCopied.includes(name));
  const all = { ...present, ...Object.fromEntries(own) };
  const before = present[revisionAnnotation];
  if (before !== undefined && Number(before) >= Number(revision)) return all;
  const history = present[historyAnnotation] ?? '';
  return {
    ...all,
    [revisionAnnotation]: revision,
    ...(before !== undefined && { [historyAnnotation]: history === '' ? before : `${history},${before}` }),
  };
}

/** The size that the Deployment had when the ReplicaSet got its own: by them a later one is shared out. */
export function sizeAnnotations(spec: DeploymentSpec): Annotations {
  const wanted = wantedBy(spec);
  return { [desiredAnnotation]: String(wanted), [maximumAnnotation]: String(wanted + surgeOf(spec)) };
}
