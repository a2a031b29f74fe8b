// The collections that chaos creates objects in.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';

const plurals: Readonly<Record<string, string>> = {
  Rollout: 'rollouts',
  AnalysisTemplate: 'analysistemplates',
  ClusterAnalysisTemplate: 'clusteranalysistemplates',
  Deployment: 'deployments',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  Ingress: 'ingresses',
  Service: 'services',
};

export function resourcePath({ apiVersion = 'v1', kind = '', metadata }: KubernetesObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = metadata.namespace === undefined ? root : `${root}/namespaces/${metadata.namespace}`;
  return `${place}/${plurals[kind]}`;
}
