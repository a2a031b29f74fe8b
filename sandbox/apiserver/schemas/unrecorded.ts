// Schemas of kinds that stand in none of the recorded OpenAPI documents (builtin.json), in the same form.

import type { JsonObject } from '../kinds/types.ts';

const text: JsonObject = { type: 'string' };
const flag: JsonObject = { type: 'boolean' };
const integer: JsonObject = { type: 'integer', format: 'int32' };
const textMap: JsonObject = { type: 'object', additionalProperties: { type: 'string', default: '' } };
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export const unrecordedDefinitions: Readonly<Record<string, JsonObject>> = {
  ...kind('autoscaling', 'HorizontalPodAutoscaler', {
    metadata: own(`${meta}.ObjectMeta`),
    spec: own('io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec'),
    status: own('io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus'),
  }),
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec': {
    type: 'object',
    required: ['scaleTargetRef', 'maxReplicas'],
    properties: {
      maxReplicas: { ...integer, default: 0 },
      minReplicas: integer,
      scaleTargetRef: own('io.k8s.api.autoscaling.v1.CrossVersionObjectReference'),
      targetCPUUtilizationPercentage: integer,
    },
    'x-pointers': ['minReplicas', 'targetCPUUtilizationPercentage'],
  },
  'io.k8s.api.autoscaling.v1.CrossVersionObjectReference': {
    type: 'object',
    required: ['kind', 'name'],
    properties: { apiVersion: text, kind: { ...text, default: '' }, name: { ...text, default: '' } },
    'x-kubernetes-map-type': 'atomic',
  },
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus': {
    type: 'object',
    required: ['currentReplicas', 'desiredReplicas'],
    properties: {
      currentCPUUtilizationPercentage: integer,
      currentReplicas: { ...integer, default: 0 },
      desiredReplicas: { ...integer, default: 0 },
      lastScaleTime: to(`${meta}.Time`),
      observedGeneration: { type: 'integer', format: 'int64' },
    },
    'x-pointers': ['observedGeneration', 'currentCPUUtilizationPercentage'],
  },
  ...kind(
    'scheduling.k8s.io',
    'PriorityClass',
    {
      description: text,
      globalDefault: flag,
      metadata: own(`${meta}.ObjectMeta`),
      preemptionPolicy: text,
      value: { ...integer, default: 0 },
    },
    { required: ['value'], 'x-pointers': ['preemptionPolicy'] },
  ),
  ...kind(
    'storage.k8s.io',
    'StorageClass',
    {
      allowVolumeExpansion: flag,
      allowedTopologies: {
        type: 'array',
        items: { default: {}, allOf: [to('io.k8s.api.core.v1.TopologySelectorTerm')] },
        'x-kubernetes-list-type': 'atomic',
      },
      metadata: own(`${meta}.ObjectMeta`),
      mountOptions: { type: 'array', items: { ...text, default: '' }, 'x-kubernetes-list-type': 'atomic' },
      parameters: textMap,
      provisioner: { ...text, default: '' },
      reclaimPolicy: text,
      volumeBindingMode: text,
    },
    { required: ['provisioner'], 'x-pointers': ['reclaimPolicy', 'allowVolumeExpansion', 'volumeBindingMode'] },
  ),
  'io.k8s.api.core.v1.TopologySelectorTerm': {
    type: 'object',
    properties: {
      matchLabelExpressions: {
        type: 'array',
        items: { default: {}, allOf: [to('io.k8s.api.core.v1.TopologySelectorLabelRequirement')] },
        'x-kubernetes-list-type': 'atomic',
      },
    },
    'x-kubernetes-map-type': 'atomic',
  },
  'io.k8s.api.core.v1.TopologySelectorLabelRequirement': {
    type: 'object',
    required: ['key', 'values'],
    properties: {
      key: { ...text, default: '' },
      values: { type: 'array', items: { ...text, default: '' }, 'x-kubernetes-list-type': 'atomic' },
    },
  },
};

/** The definitions of a kind and its list, both of version v1. */
function kind(group: string, name: string, properties: JsonObject, more: JsonObject = {}): Record<string, JsonObject> {
  const definition = `io.k8s.api.${group.split('.')[0]}.v1.${name}`;
  const called = (one: string): JsonObject => ({
    'x-kubernetes-group-version-kind': [{ group, kind: one, version: 'v1' }],
  });
  return {
    [definition]: {
      type: 'object',
      properties: { apiVersion: text, kind: text, ...properties },
      ...more,
      ...called(name),
    },
    [`${definition}List`]: {
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: text,
        items: { type: 'array', items: to(definition) },
        kind: text,
        metadata: own(`${meta}.ListMeta`),
      },
      ...called(`${name}List`),
    },
  };
}

function to(definition: string): JsonObject {
  return { $ref: `#/components/schemas/${definition}` };
}

/** A struct within a struct: always there, by default empty. */
function own(definition: string): JsonObject {
  return { default: {}, allOf: [to(definition)] };
}
