// What does an Experiment pass to its analyses (analysis.md §1.7)? Values, with what only it knows put in their place:
// hashes and names of its ReplicaSets, and when it became available and will end.

import { substitute } from '../../analysis/plan/resolve-metrics.ts';
import { podTemplateHashLabel } from '../../api/constants.ts';
import type { Argument } from '../../api/types.generated.ts';
import { formatRfc3339 } from '../../lang/rfc3339.ts';
import { endsAt } from './duration.ts';
import type { Pass } from './pass.ts';
import { replicaSetsOf } from './replica-set.ts';

export type ExperimentArguments = { readonly args: readonly Argument[] } | { readonly problem: string };

export function experimentArguments(pass: Pass, args: readonly Argument[]): ExperimentArguments {
  const resolved: Argument[] = [];
  for (const { name, value, valueFrom } of args) {
    const text = value === undefined ? undefined : substitute(value, (tag) => meaningOf(pass, tag.trim()));
    if (text && 'problem' in text) return text;
    // BUG of the reference (§6.6): it drops references to Secrets.
    const secret = valueFrom?.secretKeyRef && { valueFrom: { secretKeyRef: valueFrom.secretKeyRef } };
    resolved.push({ name, ...(text ? { value: text.value } : {}), ...secret });
  }
  return { args: resolved };
}

function meaningOf(pass: Pass, tag: string): string | undefined {
  if (tag === 'experiment.availableAt') return pass.status.availableAt;
  if (tag === 'experiment.finishedAt') {
    const at = endsAt(pass.experiment);
    return at === undefined ? undefined : formatRfc3339(at);
  }
  const [, template = '', field] = /^templates\.(.+)\.(podTemplateHash|replicaset\.name)$/s.exec(tag) ?? [];
  const replicaSet = field === undefined ? undefined : replicaSetsOf(pass, template)[0];
  return field === 'podTemplateHash' ? replicaSet?.metadata.labels?.[podTemplateHashLabel] : replicaSet?.metadata.name;
}
