// What does a Rollout pass to its analyses (analysis.md §2.4)? Values, the two hashes, and fields of the Rollout itself.

import type { AnalysisRunArgument, Argument, Rollout } from '../../api/types.generated.ts';
import { newReplicaSet, type Pass, stableReplicaSet } from './pass.ts';
import { hashOf } from './replica-set.ts';

export type ResolvedArguments = { readonly args: readonly Argument[] } | { readonly problem: string };

export function analysisArguments(pass: Pass, args: readonly AnalysisRunArgument[]): ResolvedArguments {
  const resolved: Argument[] = [];
  for (const { name = '', value = '', valueFrom } of args) {
    const found = valueFrom ? valueOfSource(pass, valueFrom, value) : { value };
    if ('problem' in found) return found;
    resolved.push({ name, value: found.value });
  }
  return { args: resolved };
}

type Found = { readonly value: string } | { readonly problem: string };

function valueOfSource(pass: Pass, from: NonNullable<AnalysisRunArgument['valueFrom']>, value: string): Found {
  if (from.podTemplateHashValue === 'Latest') return { value: hashOf(newReplicaSet(pass)) };
  if (from.podTemplateHashValue === 'Stable') return { value: hashOf(stableReplicaSet(pass)) };
  const path = from.fieldRef?.fieldPath;
  if (path === undefined) return { value };
  return fieldOf(pass.rollout, path);
}

/** A field of the Rollout by its path, as the text that an argument gets. */
export function fieldOf(rollout: Rollout, path: string): Found {
  return path.startsWith('metadata') ? metadataField(rollout, path) : rolloutField(rollout, path);
}

function metadataField({ metadata }: Rollout, path: string): Found {
  const plain = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
  };
  if (Object.hasOwn(plain, path)) return { value: plain[path as keyof typeof plain] ?? '' };
  if (path === 'metadata.labels') return { value: pairs(metadata.labels) };
  if (path === 'metadata.annotations') return { value: pairs(metadata.annotations) };
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
  if (map === 'labels') return { value: metadata.labels?.[key] ?? '' };
  if (map === 'annotations') return { value: metadata.annotations?.[key] ?? '' };
  return { problem: `unsupported fieldPath: ${path}` };
}

function pairs(map: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n');
}

function rolloutField(rollout: Rollout, path: string): Found {
  let at: unknown = rollout;
  for (const section of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (Array.isArray(at)) {
      if (!/^\d+$/.test(section)) return { problem: `invalid index '${section}'` };
      if (Number(section) >= at.length) return { problem: `index ${section} out of range` };
      at = at[Number(section)];
    } else {
      const isMap = typeof at === 'object' && at !== null;
      at = isMap && Object.hasOwn(at as object, section) ? (at as Record<string, unknown>)[section] : undefined;
    }
    if (at === undefined || at === null) return { problem: `invalid path ${path} in rollout` };
  }
  if (typeof at === 'object') return { problem: `path ${path} in rollout must terminate in a primitive value` };
  return { value: String(at) };
}
