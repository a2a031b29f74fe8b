// The demo application of `npm start`: an example of the project, with what the options change in it.

import { readFileSync } from 'node:fs';
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
  const objects = parseYamlDocuments(text).map(({ value }) => adjust(value as KubernetesObject, options));
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
