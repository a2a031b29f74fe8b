// What was in the recorded cluster before a subject's first request, or was done by somebody else between two of them:
// none of it is in the recording, all of it can be read off the answers.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ApiServer } from '../../sandbox/apiserver/types.ts';

export interface Setup {
  readonly namespace: string;
  readonly customResourceDefinition: unknown;
}

type Post = (path: string, body: unknown, manager?: string) => Promise<void>;

function poster(server: ApiServer): Post {
  return async (path, body, manager) => {
    const query = manager === undefined ? {} : { fieldManager: manager };
    const { status, body: answer } = await server.handle({ method: 'POST', path, query, body });
    assert.equal(status, 201, JSON.stringify(answer));
  };
}

export async function prepareSubject(server: ApiServer, subject: string, setup: Setup): Promise<void> {
  const post = poster(server);
  await post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: setup.namespace } });
  await post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', setup.customResourceDefinition);
  // Other recordings had left a ConfigMap behind the listed ones, so that a second page was not the last.
  if (subject === 'list-and-selectors') await post('/api/v1/namespaces/golden/configmaps', configMap('ssa'));
  if (subject === 'table') await prepareTables(post);
}

/** Before exchange `index` of a subject. */
export async function prepareExchange(server: ApiServer, subject: string, index: number): Promise<void> {
  if (subject === 'watch' && index === 8) {
    await poster(server)('/api/v1/namespaces/golden/configmaps', configMap('w3', { w: '1' }));
  }
  if (subject === 'table' && index === 0) {
    await prepareEvents(server);
    // The lists' version was nobody's among the listed.
    await heartbeat(server);
  }
  // Three Services of one name: each was deleted before the next.
  if (subject === 'defaults' && (index === 4 || index === 5)) {
    await server.handle({ method: 'DELETE', path: '/api/v1/namespaces/golden/services/d' });
  }
}

function configMap(name: string, labels?: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels === undefined ? {} : { labels }) } };
}

async function prepareTables(post: Post): Promise<void> {
  const labels = { app: 't' };
  await post('/apis/apps/v1/namespaces/golden/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 't' },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } },
    },
  });
  await post('/api/v1/namespaces/golden/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 't' },
    spec: { selector: labels, ports: [{ name: 'http', port: 80 }] },
  });
  const generated = { name: 'gen-jwhrr', generateName: 'gen-' };
  await post('/api/v1/namespaces/golden/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: generated });
}

interface EventRow {
  readonly cells: readonly (string | number)[];
}

const kinds = ['Deployment', 'Job', 'ReplicaSet', 'Service'];

/** The events that other recordings had left behind, made again out of the rows that show them. */
async function prepareEvents(server: ApiServer): Promise<void> {
  const path = '/api/v1/namespaces/golden/events';
  await server.handle({ method: 'DELETE', path });
  const recording = new URL('../fixtures/apiserver/table.json', import.meta.url);
  const { exchanges } = JSON.parse(readFileSync(recording, 'utf8')) as {
    exchanges: readonly { request: { path: string }; response: { body: { rows: readonly EventRow[] } } }[];
  };
  const listed = exchanges.find(({ request }) => request.path === path);
  for (const { cells } of listed?.response.body.rows ?? []) {
    const [, type, reason, about, , source, message, , count, name] = cells.map(String);
    const [kind, aboutName] = about!.split('/');
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name },
      involvedObject: { kind: kinds.find((one) => one.toLowerCase() === kind), name: aboutName, namespace: 'golden' },
      type,
      reason,
      message,
      source: { component: source },
      reportingComponent: source,
      count: Number(count),
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
    };
    await poster(server)(path, event, 'kube-controller-manager');
  }
}

interface Deployment {
  readonly kind?: string;
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly status?: unknown;
}

const revisionAnnotation = 'deployment.kubernetes.io/revision';

/**
 * What the Deployment controller of the recorded cluster had written (it raced with the requests), read off the answer:
 * a request to the main endpoint leaves status as it was. Sent through the status endpoint, as that controller does.
 */
export async function actAsDeploymentController(
  server: ApiServer,
  request: { readonly method: string; readonly path: string },
  answer: unknown,
): Promise<void> {
  const [path] = request.path.split('?') as [string];
  if (request.method !== 'PATCH' || !/\/deployments\/[^/]+$/.test(path)) return;
  const shown = deploymentIn(answer);
  if (shown?.status === undefined) return;
  const { body } = await server.handle({ method: 'GET', path });
  const current = body as Deployment;
  const status = JSON.parse(JSON.stringify(shown.status).replaceAll('<time>', '2026-01-01T00:00:03Z')) as object;
  if (current.kind !== 'Deployment' || JSON.stringify(sortKeys(status)) === JSON.stringify(sortKeys(current.status)))
    return;
  const revision = shown.metadata?.annotations?.[revisionAnnotation];
  await server.handle({
    method: 'PATCH',
    path: `${path}/status`,
    query: { fieldManager: 'kube-controller-manager' },
    headers: { 'content-type': 'application/merge-patch+json' },
    body: {
      ...(revision === undefined ? {} : { metadata: { annotations: { [revisionAnnotation]: revision } } }),
      status,
    },
  });
}

/** The object of an answer; of a refused patch the one that its text quotes. */
function deploymentIn(answer: unknown): Deployment | undefined {
  const { kind, message } = (answer ?? {}) as { kind?: string; message?: string };
  if (kind === 'Deployment') return answer as Deployment;
  const quoted = /patch: Invalid value: ("\{(?:[^"\\]|\\.)*\}")/.exec(message ?? '')?.[1];
  return quoted === undefined ? undefined : (JSON.parse(JSON.parse(quoted) as string) as Deployment);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, sortKeys(member)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

let beats = 0;

/** Somebody else's write: the recorded cluster's version never stood still. */
export async function heartbeat(server: ApiServer): Promise<void> {
  const name = 'heartbeat';
  const path = '/api/v1/namespaces/kube-system/configmaps';
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { beats: String(++beats) } };
  const { status } = await server.handle({ method: 'PUT', path: `${path}/${name}`, body });
  if (status === 404) await server.handle({ method: 'POST', path, body });
}
