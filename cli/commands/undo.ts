// `undo ROLLOUT_NAME [--to-revision N]` (spec/cli.md §3.17): the template of an older ReplicaSet becomes the rollout's.

import { podTemplateHashLabel, revisionAnnotation } from '../../controller/api/constants.ts';
import type { PodTemplateSpec, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { listAll } from '../../controller/kubernetes/list.ts';
import { collectionPath, objectPath, replicaSets } from '../../controller/kubernetes/resource.ts';
import { patchContentType } from '../../controller/kubernetes/transport.ts';
import { type Cluster, getObject } from '../cluster.ts';
import type { Call, Command } from '../command.ts';
import { CliError, messageOfError, UsageError } from '../errors.ts';
import { bareName, rollouts, selectorQuery } from '../resources.ts';
import { getTemplateHolder, type TemplateHolder } from '../workload.ts';

export const undoCommand: Command = {
  name: 'undo',
  short: 'Undo a rollout',
  long: 'Roll back to the previous revision, or to a given one. The pod template of that revision is put into the rollout, which then updates to it as to any other template.',
  examples: [
    '# Undo a rollout',
    'kubectl argo rollouts undo guestbook',
    '',
    '# Undo a rollout revision 3',
    'kubectl argo rollouts undo guestbook --to-revision=3',
  ],
  argumentWords: 'ROLLOUT_NAME',
  completes: 'rollouts',
  flags: [{ name: 'to-revision', type: 'int', usage: 'The revision to roll back to; the previous one without it' }],
  run: undo,
};

async function undo({ args, flags, connect, io }: Call): Promise<number> {
  if (args.length !== 1) throw new UsageError();
  const name = bareName(rollouts, args[0]!);
  const wanted = flags.number('to-revision');
  const cluster = await connect();
  const rollout = await getObject<Rollout>(cluster, rollouts, name);
  const target = chooseRevision(await ownReplicaSets(cluster, rollout), wanted, name);
  const template = withoutHash(target.replicaSet.spec.template);
  const holder = await restored(target.revision, () => getTemplateHolder(cluster, rollout));
  if (holder === undefined) {
    const kind = rollout.spec.workloadRef?.kind;
    throw new CliError(`failed restoring revision ${target.revision}: workload of type ${kind} is not supported`);
  }
  if (holder.template && isDerivedFrom(withoutHash(holder.template), template)) {
    io.stdout.write(`skipped rollback (current template already matches revision ${target.revision})\n`);
    return 0;
  }
  await restored(target.revision, () => patchTemplate(cluster, holder, template));
  io.stdout.write(`rollout '${rollout.metadata.name ?? name}' undo\n`);
  return 0;
}

interface Candidate {
  readonly revision: number;
  readonly replicaSet: ReplicaSet;
}

async function ownReplicaSets({ transport, namespace }: Cluster, rollout: Rollout): Promise<Candidate[]> {
  const labelSelector = selectorQuery(rollout.spec.selector);
  const found = await listAll<ReplicaSet>(
    transport,
    collectionPath(replicaSets, namespace),
    labelSelector === '' ? {} : { labelSelector },
  );
  return found
    .filter(({ metadata }) =>
      (metadata.ownerReferences ?? []).some(({ uid, controller }) => controller && uid === rollout.metadata.uid),
    )
    .flatMap((replicaSet) => {
      const revision = revisionNumber(replicaSet);
      return revision === undefined ? [] : [{ revision, replicaSet }];
    });
}

/** 0 without the annotation, undefined for one that is no number. */
function revisionNumber({ metadata }: ReplicaSet): number | undefined {
  const text = metadata.annotations?.[revisionAnnotation];
  if (text === undefined) return 0;
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

function chooseRevision(candidates: readonly Candidate[], wanted: number, name: string): Candidate {
  if (wanted > 0) {
    const exact = candidates.find(({ revision }) => revision === wanted);
    if (exact === undefined) throw new CliError(`unable to find specified revision ${wanted} in history`);
    return exact;
  }
  const previous = candidates.toSorted((a, b) => b.revision - a.revision)[1];
  if (previous === undefined) throw new CliError(`no revision found for rollout ${JSON.stringify(name)}`);
  return previous;
}

async function patchTemplate({ transport, namespace }: Cluster, holder: TemplateHolder, value: PodTemplateSpec) {
  await transport.request({
    verb: 'PATCH',
    path: objectPath(holder.resource, namespace, holder.object.metadata.name ?? ''),
    contentType: patchContentType.json,
    body: [{ op: 'replace', path: holder.path, value }],
  });
}

async function restored<T>(revision: number, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    throw new CliError(`failed restoring revision ${revision}: ${messageOfError(error)}`);
  }
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  if (template.metadata?.labels?.[podTemplateHashLabel] === undefined) return template;
  const { [podTemplateHashLabel]: _hash, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** Whether everything that is set in `wanted` stands in `actual` too; what is unset or empty says nothing. */
export function isDerivedFrom(wanted: unknown, actual: unknown): boolean {
  if (wanted === undefined || wanted === null || wanted === '' || wanted === 0 || wanted === false) return true;
  if (Array.isArray(wanted)) {
    if (wanted.length === 0) return true;
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, i) => isDerivedFrom(item, actual[i]))
    );
  }
  if (typeof wanted !== 'object') return wanted === actual;
  const entries = Object.entries(wanted);
  if (entries.length === 0) return true;
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) {
    return entries.every(([, value]) => isDerivedFrom(value, undefined));
  }
  return entries.every(([key, value]) => isDerivedFrom(value, (actual as Record<string, unknown>)[key]));
}
