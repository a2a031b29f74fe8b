// The collections that chaos creates objects in.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';

const plurals: Readonly<Record<string, string>> = {
  Rollout: 'rollouts',
  AnalysisTemplate: 'analysistemplates',
  Deployment: 'deployments',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  Ingress: 'ingresses',
  Service: 'services',
};

export function resourcePath({ apiVersion = 'v1', kind = '', metadata }: KubernetesObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${metadata.namespace}/${plurals[kind]}`;
}
