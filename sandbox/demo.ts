// The demo application of `npm start`: an example of the project, with what the options change in it.

import { readFileSync } from 'node:fs';
import { lastAppliedAnnotation } from '../controller/api/constants.ts';
import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import { parseYamlDocuments } from '../controller/lang/yaml.ts';
import type { StartOptions } from './options.ts';
import { scenarios } from './scenarios.ts';

export interface Demo {
  readonly objects: readonly KubernetesObject[];
  readonly namespace: string;
  readonly rolloutName: string;
  /** The Host under which the load and the page reach it. */
  readonly host: (port: number) => string;
  /** Links of the screen besides the page. */
  readonly services: readonly string[];
}

type DemoOptions = Pick<StartOptions, 'scenario' | 'replicas' | 'steps'>;

export function makeDemo(options: DemoOptions, namespace = 'default'): Demo {
  const { file, entry, services } = scenarios[options.scenario];
  const text = readFileSync(new URL(`../examples/${file}`, import.meta.url), 'utf8');
  const objects = parseYamlDocuments(text)
    .map(({ value }) => adjust(value as KubernetesObject, options))
    .map((object) => remember(object, namespace));
  const rollout = objects.find((object) => object.kind === 'Rollout');
  return {
    objects,
    namespace,
    rolloutName: rollout?.metadata.name ?? '',
    host: (port) => (entry === undefined ? `localhost:${port}` : serviceHost(entry, namespace, port)),
    services,
  };
}

/** The name under which the proxy serves a Service. */
export function serviceHost(service: string, namespace: string, port: number): string {
  return `${service}.${namespace}.localhost:${port}`;
}

function adjust(object: KubernetesObject, { replicas, steps }: DemoOptions): KubernetesObject {
  if (object.kind !== 'Rollout') return object;
  const { spec } = object as KubernetesObject & { spec: { strategy: { canary?: object } } };
  const canary = spec.strategy.canary;
  return {
    ...object,
    spec: {
      ...spec,
      ...(replicas === undefined ? {} : { replicas }),
      ...(canary === undefined || steps === undefined ? {} : { strategy: { canary: { ...canary, steps } } }),
    },
  } as KubernetesObject;
}

/**
 * With the annotation that `kubectl apply` would have left, so that applying an example over the demo warns of nothing
 * and removes what it no longer names.
 */
function remember(object: KubernetesObject, namespace: string): KubernetesObject {
  const metadata = { ...object.metadata, annotations: { ...object.metadata.annotations }, namespace };
  const applied = `${JSON.stringify({ ...object, metadata }, sortKeys)}\n`;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [lastAppliedAnnotation]: applied } },
  };
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
