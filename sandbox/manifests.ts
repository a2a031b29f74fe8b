// Applies a folder of manifests. Every document stands for itself: one that is wrong is told with file, line and path
// (its first syntax error, or all its field errors), and the others are applied.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ApiStatus, KubernetesObject } from '../controller/api/kubernetes-types.ts';
import type { Rollout } from '../controller/api/types.generated.ts';
import { validateRollout } from '../controller/api/validation/validate-rollout.ts';
import { parseYamlDocuments, type YamlDocument } from '../controller/lang/yaml.ts';

export interface ManifestProblem {
  readonly file: string;
  readonly line: number;
  /** Field path inside the document; absent where the whole document is meant. */
  readonly path?: string;
  readonly message: string;
}

export interface ApplyResult {
  /** `Rollout default/web`, in the order of their application. */
  readonly applied: readonly string[];
  readonly problems: readonly ManifestProblem[];
}

/** The part of a transport that is needed; a refusal rejects with the fields of a metav1.Status. */
export interface ManifestClient {
  request(request: {
    verb: 'GET' | 'PATCH' | 'POST';
    path: string;
    query?: Record<string, string | boolean>;
    body?: unknown;
    contentType?: string;
  }): Promise<{ readonly body: unknown }>;
}

interface LocatedDocument {
  readonly file: string;
  readonly document: YamlDocument;
}

const manifestEnding = /\.(ya?ml|json)$/i;
/** What other documents may need is applied first. */
const firstKinds = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'ConfigMap',
  'Secret',
  'Service',
  'Ingress',
];

/** Applies a file, or every manifest below a folder. Throws only when the folder itself cannot be read. */
export async function applyManifests(
  client: ManifestClient,
  path: string,
  namespace = 'default',
): Promise<ApplyResult> {
  const isFolder = isDirectory(path);
  const files = isFolder ? manifestFiles(path) : [path];
  const base = isFolder ? path : join(path, '..');
  const documents = files.flatMap((file) =>
    parseYamlDocuments(readFileSync(file, 'utf8')).map((document) => ({ file: relative(base, file), document })),
  );
  const applied: string[] = [];
  const problems: ManifestProblem[] = [];
  for (const located of documents.toSorted((a, b) => rank(a.document.value) - rank(b.document.value))) {
    const found = await applyDocument(client, located, namespace);
    if (typeof found === 'string') applied.push(found);
    else problems.push(...found);
  }
  return { applied, problems };
}

/** Applies objects that are known to be right; a refusal rejects. */
export async function applyObjects(
  client: ManifestClient,
  objects: readonly KubernetesObject[],
  namespace: string,
): Promise<void> {
  for (const object of objects) {
    const url = await resourceUrl(client, object, namespace);
    if (typeof url !== 'string') throw new Error(`${object.kind} ${object.metadata.name}: ${url.problem}`);
    await apply(client, url, object, { force: true, fieldValidation: 'Strict' });
  }
}

export function formatManifestProblem({ file, line, path, message }: ManifestProblem): string {
  return `${file}:${line}: ${path === undefined ? '' : `${path}: `}${message}`;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    throw new Error(`cannot read the manifests at ${path}`);
  }
}

function manifestFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && manifestEnding.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function rank(value: unknown): number {
  const index = firstKinds.indexOf((value as KubernetesObject | undefined)?.kind ?? '');
  return index < 0 ? firstKinds.length : index;
}

async function applyDocument(
  client: ManifestClient,
  located: LocatedDocument,
  namespace: string,
): Promise<string | ManifestProblem[]> {
  const { file, document } = located;
  if (document.problem !== undefined) return [{ file, line: document.problem.line, message: document.problem.reason }];
  const object = document.value as KubernetesObject;
  const shape = shapeProblem(object);
  if (shape !== undefined) return [problemAt(located, shape.path, shape.message)];
  const url = await resourceUrl(client, object, namespace);
  if (typeof url !== 'string') return [problemAt(located, 'kind', url.problem)];
  const fieldProblems = await findFieldProblems(client, located, object, url);
  if (fieldProblems.length > 0) return fieldProblems;
  try {
    await apply(client, url, object, { force: true, fieldValidation: 'Strict' });
  } catch (refusal) {
    return problemsOfRefusal(located, refusal as ApiStatus);
  }
  return `${object.kind} ${object.metadata.namespace ?? namespace}/${object.metadata.name}`;
}

function shapeProblem(object: unknown): { path: string; message: string } | undefined {
  if (object === null || typeof object !== 'object' || Array.isArray(object)) {
    return { path: '', message: 'a manifest must be a mapping with apiVersion, kind and metadata' };
  }
  const { apiVersion, kind, metadata } = object as {
    apiVersion?: unknown;
    kind?: unknown;
    metadata?: { name?: unknown };
  };
  if (typeof apiVersion !== 'string') return { path: 'apiVersion', message: 'required, a string' };
  if (typeof kind !== 'string') return { path: 'kind', message: 'required, a string' };
  if (typeof metadata?.name !== 'string') return { path: 'metadata.name', message: 'required, a string' };
  return undefined;
}

async function resourceUrl(
  client: ManifestClient,
  object: KubernetesObject,
  namespace: string,
): Promise<string | { readonly problem: string }> {
  const root = object.apiVersion?.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  try {
    const list = (await client.request({ verb: 'GET', path: root })).body as {
      resources: readonly { name: string; kind: string; namespaced: boolean }[];
    };
    const resource = list.resources.find(({ name, kind }) => kind === object.kind && !name.includes('/'));
    if (resource === undefined) return { problem: `no kind ${object.kind} in ${object.apiVersion}` };
    const scope = resource.namespaced ? `/namespaces/${object.metadata.namespace ?? namespace}` : '';
    return `${root}${scope}/${resource.name}/${object.metadata.name}`;
  } catch {
    return { problem: `the cluster does not serve ${object.apiVersion}` };
  }
}

/**
 * Several questions, because each alone stops early: unknown fields, values that the schema refuses, rules of a Rollout.
 * They are put as a creation, whose refusals name each field by its index; that the object exists already is no problem.
 */
async function findFieldProblems(
  client: ManifestClient,
  located: LocatedDocument,
  object: KubernetesObject,
  url: string,
): Promise<ManifestProblem[]> {
  const problems: ManifestProblem[] = [];
  const path = url.slice(0, url.lastIndexOf('/'));
  for (const fieldValidation of ['Strict', 'Ignore']) {
    try {
      await client.request({ verb: 'POST', path, query: { dryRun: 'All', fieldValidation }, body: object });
    } catch (refusal) {
      const { status } = refusal as { readonly status: number };
      if (status !== 422 && status !== 400) continue;
      // What names no field is told better when the document is applied.
      problems.push(
        ...problemsOfRefusal(located, refusal as ApiStatus).filter(({ path: field }) => field !== undefined),
      );
    }
  }
  if (problems.length === 0 && object.kind === 'Rollout') {
    problems.push(...validateRollout(object as Rollout).map(({ path, detail }) => problemAt(located, path, detail)));
  }
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const text = formatManifestProblem(problem);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function problemsOfRefusal(located: LocatedDocument, refusal: ApiStatus): ManifestProblem[] {
  const causes = refusal.details?.causes ?? [];
  if (causes.length > 0) {
    return causes.map(({ field, message }) => problemAt(located, field, message ?? refusal.message ?? ''));
  }
  const unknown = [...(refusal.message ?? '').matchAll(/(unknown|duplicate) field "([^"]+)"/g)];
  if (unknown.length > 0) return unknown.map(([, what, path]) => problemAt(located, path, `${what} field`));
  const untyped = [...(refusal.message ?? '').matchAll(/(?:^ {2}|\): )\.(\S+): (.+)$/gm)];
  if (untyped.length > 0) return untyped.map(([, path, what]) => problemAt(located, path, what ?? ''));
  return [problemAt(located, undefined, refusal.message ?? String(refusal))];
}

function problemAt({ file, document }: LocatedDocument, path: string | undefined, message: string): ManifestProblem {
  const known = path !== undefined && path !== '' && path !== '<nil>';
  return { file, line: known ? document.lineOf(path) : document.line, ...(known ? { path } : {}), message };
}

function apply(
  client: ManifestClient,
  path: string,
  object: KubernetesObject,
  query: Record<string, string | boolean>,
) {
  return client.request({
    verb: 'PATCH',
    path,
    query: { ...query, fieldManager: 'slipway-start' },
    contentType: 'application/apply-patch+yaml',
    body: object,
  });
}
