// What kubectl does with the lines of a trace: apply as a three-way merge, patch, replace, delete, set image. Rollouts'
// own lines go to the CLI.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { KubeError, patchContentType, type Transport } from '../../controller/kubernetes/transport.ts';
import { applyMergePatch, diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { parseYamlDocuments } from '../../controller/lang/yaml.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const applyManager = { fieldManager: 'kubectl-client-side-apply' };

export interface Kubectl {
  apply(manifest: string): Promise<void>;
  /** A whole line, beginning with `kubectl`. */
  run(line: string): Promise<void>;
}

export function createKubectl(transport: Transport, namespace: string): Kubectl {
  async function apply(manifest: string): Promise<void> {
    for (const { value, problem } of parseYamlDocuments(manifest)) {
      if (problem) throw new Error(`the manifest cannot be read: ${problem.reason}`);
      if (value !== null && value !== undefined) await applyObject(value as KubernetesObject);
    }
  }

  async function applyObject(object: KubernetesObject): Promise<void> {
    const collection = await collectionOf(object.apiVersion ?? '', object.kind ?? '');
    const path = `${collection}/${object.metadata.name}`;
    const annotated = withLastApplied({ ...object, metadata: { ...object.metadata, namespace } });
    const live = await read(path);
    if (!live) {
      await transport.request({ verb: 'POST', path: collection, query: applyManager, body: annotated });
      return;
    }
    const original = JSON.parse(live.metadata.annotations?.[lastApplied] ?? '{}') as unknown;
    const body = threeWayPatch(original, annotated, live);
    const contentType = patchContentType.merge;
    await transport.request({ verb: 'PATCH', path, query: applyManager, contentType, body });
  }

  async function collectionOf(apiVersion: string, kind: string): Promise<string> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { body } = await transport.request({ verb: 'GET', path: root });
    const { resources } = body as { resources: readonly { name: string; kind: string; namespaced: boolean }[] };
    const found = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
    if (!found) throw new Error(`the server does not serve ${kind} of ${apiVersion}`);
    return found.namespaced ? `${root}/namespaces/${namespace}/${found.name}` : `${root}/${found.name}`;
  }

  async function read(path: string): Promise<KubernetesObject | undefined> {
    try {
      return (await transport.request({ verb: 'GET', path })).body as KubernetesObject;
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  const rolloutPath = (name: string) => `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/${name}`;
  const deploymentPath = (name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;

  async function run(line: string): Promise<void> {
    const merged = /^kubectl patch rollout (\S+) --type merge -p '(.*)'$/.exec(line);
    if (merged) {
      const body: unknown = JSON.parse(merged[2]!);
      await transport.request({
        verb: 'PATCH',
        path: rolloutPath(merged[1]!),
        contentType: patchContentType.merge,
        body,
      });
      return;
    }
    const deleted = /^kubectl delete rollout (\S+)$/.exec(line);
    if (deleted) {
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
      await transport.request({ verb: 'DELETE', path: rolloutPath(deleted[1]!), body });
      return;
    }
    const image = /^kubectl set image deployment\/(\S+) ([^=\s]+)=(\S+)$/.exec(line);
    if (image) {
      const [, deployment, name, value] = image;
      await transport.request({
        verb: 'PATCH',
        path: deploymentPath(deployment!),
        contentType: patchContentType.strategic,
        body: { spec: { template: { spec: { containers: [{ name, image: value }] } } } },
      });
      return;
    }
    const replaced = /^kubectl replace: strategy (\{.*\}), image (\S+)$/.exec(line);
    if (replaced) return replaceStrategy(JSON.parse(replaced[1]!), replaced[2]!);
    throw new Error(`no such line of kubectl: ${line}`);
  }

  async function replaceStrategy(strategy: unknown, image: string): Promise<void> {
    const path = rolloutPath('demo');
    const live = (await read(path)) as KubernetesObject & {
      spec: { template: { spec: { containers: readonly object[] } } };
    };
    const containers = live.spec.template.spec.containers.map((container) => ({ ...container, image }));
    const withImage = applyMergePatch(live, { spec: { template: { spec: { containers } } } });
    const body = { ...withImage, spec: { ...withImage.spec, strategy } };
    await transport.request({ verb: 'PUT', path, body });
  }

  return { apply, run };
}

function withLastApplied(object: KubernetesObject): KubernetesObject {
  const annotations = { ...object.metadata.annotations, [lastApplied]: `${JSON.stringify(object)}\n` };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** What is to change, plus a null for everything that was applied once and is not there any more. */
function threeWayPatch(original: unknown, modified: unknown, live: unknown): unknown {
  const deletions = keepNulls(diffMergePatch(original, modified));
  const withoutExtra = dropNulls(diffMergePatch(live, modified));
  return overlay(deletions ?? {}, withoutExtra ?? {});
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keepNulls(patch: unknown): unknown {
  if (patch === null || !isFields(patch)) return patch === null ? null : undefined;
  const kept = Object.entries(patch).map(([key, value]) => [key, keepNulls(value)] as const);
  const left = kept.filter(([, value]) => value !== undefined);
  return left.length > 0 ? Object.fromEntries(left) : undefined;
}

function dropNulls(patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const kept = Object.entries(patch).filter(([, value]) => value !== null);
  return Object.fromEntries(kept.map(([key, value]) => [key, dropNulls(value)] as const));
}

function overlay(base: unknown, top: unknown): unknown {
  if (!isFields(base) || !isFields(top)) return top ?? base;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(top)) merged[key] = overlay(base[key], value);
  return merged;
}
