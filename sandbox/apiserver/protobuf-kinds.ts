// Field numbers of the few messages that kubectl sends as protobuf (from the public generated.proto files of the API):
// what `kubectl create`, `drain` and `auth can-i` send. Of pod templates only what `kubectl create` can set.

import type { JsonObject, JsonValue } from './kinds/types.ts';
import { type ProtobufFields, ProtobufReader } from './protobuf.ts';

type Field =
  | { readonly name: string; readonly as: 'string' | 'bool' | 'int' | 'bytes' | 'intOrString' }
  | { readonly name: string; readonly as: 'strings' }
  | { readonly name: string; readonly as: 'stringMap' | 'bytesMap' }
  | { readonly name: string; readonly as: 'message' | 'messages'; readonly of: Message };

type Message = Readonly<Record<number, Field>>;

const ownerReference: Message = {
  1: { name: 'kind', as: 'string' },
  3: { name: 'name', as: 'string' },
  4: { name: 'uid', as: 'string' },
  5: { name: 'apiVersion', as: 'string' },
  6: { name: 'controller', as: 'bool' },
  7: { name: 'blockOwnerDeletion', as: 'bool' },
};

const objectMeta: Message = {
  1: { name: 'name', as: 'string' },
  2: { name: 'generateName', as: 'string' },
  3: { name: 'namespace', as: 'string' },
  5: { name: 'uid', as: 'string' },
  6: { name: 'resourceVersion', as: 'string' },
  11: { name: 'labels', as: 'stringMap' },
  12: { name: 'annotations', as: 'stringMap' },
  13: { name: 'ownerReferences', as: 'messages', of: ownerReference },
  14: { name: 'finalizers', as: 'strings' },
};

const metadata: Field = { name: 'metadata', as: 'message', of: objectMeta };

const resourceAttributes: Message = {
  1: { name: 'namespace', as: 'string' },
  2: { name: 'verb', as: 'string' },
  3: { name: 'group', as: 'string' },
  4: { name: 'version', as: 'string' },
  5: { name: 'resource', as: 'string' },
  6: { name: 'subresource', as: 'string' },
  7: { name: 'name', as: 'string' },
};

const nonResourceAttributes: Message = { 1: { name: 'path', as: 'string' }, 2: { name: 'verb', as: 'string' } };

const container: Message = {
  1: { name: 'name', as: 'string' },
  2: { name: 'image', as: 'string' },
  3: { name: 'command', as: 'strings' },
  4: { name: 'args', as: 'strings' },
  6: {
    name: 'ports',
    as: 'messages',
    of: {
      1: { name: 'name', as: 'string' },
      3: { name: 'containerPort', as: 'int' },
      4: { name: 'protocol', as: 'string' },
    },
  },
};

const podTemplate: Message = {
  1: metadata,
  2: {
    name: 'spec',
    as: 'message',
    of: { 2: { name: 'containers', as: 'messages', of: container }, 3: { name: 'restartPolicy', as: 'string' } },
  },
};

const deleteOptions: Message = {
  1: { name: 'gracePeriodSeconds', as: 'int' },
  2: {
    name: 'preconditions',
    as: 'message',
    of: { 1: { name: 'uid', as: 'string' }, 2: { name: 'resourceVersion', as: 'string' } },
  },
  3: { name: 'orphanDependents', as: 'bool' },
  4: { name: 'propagationPolicy', as: 'string' },
  5: { name: 'dryRun', as: 'strings' },
};

const selector: Message = { 1: { name: 'matchLabels', as: 'stringMap' } };

const servicePort: Message = {
  1: { name: 'name', as: 'string' },
  2: { name: 'protocol', as: 'string' },
  3: { name: 'port', as: 'int' },
  4: { name: 'targetPort', as: 'intOrString' },
  5: { name: 'nodePort', as: 'int' },
};

const role: Message = {
  1: metadata,
  2: {
    name: 'rules',
    as: 'messages',
    of: {
      1: { name: 'verbs', as: 'strings' },
      2: { name: 'apiGroups', as: 'strings' },
      3: { name: 'resources', as: 'strings' },
      4: { name: 'resourceNames', as: 'strings' },
      5: { name: 'nonResourceURLs', as: 'strings' },
    },
  },
};

const roleBinding: Message = {
  1: metadata,
  2: {
    name: 'subjects',
    as: 'messages',
    of: {
      1: { name: 'kind', as: 'string' },
      2: { name: 'apiGroup', as: 'string' },
      3: { name: 'name', as: 'string' },
      4: { name: 'namespace', as: 'string' },
    },
  },
  3: {
    name: 'roleRef',
    as: 'message',
    of: {
      1: { name: 'apiGroup', as: 'string' },
      2: { name: 'kind', as: 'string' },
      3: { name: 'name', as: 'string' },
    },
  },
};

const messages: Readonly<Record<string, Message>> = {
  'v1/Namespace': { 1: metadata, 2: { name: 'spec', as: 'message', of: { 1: { name: 'finalizers', as: 'strings' } } } },
  'v1/ConfigMap': {
    1: metadata,
    2: { name: 'data', as: 'stringMap' },
    3: { name: 'binaryData', as: 'bytesMap' },
    4: { name: 'immutable', as: 'bool' },
  },
  'v1/Secret': {
    1: metadata,
    2: { name: 'data', as: 'bytesMap' },
    3: { name: 'type', as: 'string' },
    4: { name: 'stringData', as: 'stringMap' },
    5: { name: 'immutable', as: 'bool' },
  },
  'v1/ServiceAccount': { 1: metadata, 4: { name: 'automountServiceAccountToken', as: 'bool' } },
  'apps/v1/Deployment': {
    1: metadata,
    2: {
      name: 'spec',
      as: 'message',
      of: {
        1: { name: 'replicas', as: 'int' },
        2: { name: 'selector', as: 'message', of: selector },
        3: { name: 'template', as: 'message', of: podTemplate },
      },
    },
  },
  'batch/v1/Job': {
    1: metadata,
    2: { name: 'spec', as: 'message', of: { 6: { name: 'template', as: 'message', of: podTemplate } } },
  },
  'v1/Service': {
    1: metadata,
    2: {
      name: 'spec',
      as: 'message',
      of: {
        1: { name: 'ports', as: 'messages', of: servicePort },
        2: { name: 'selector', as: 'stringMap' },
        3: { name: 'clusterIP', as: 'string' },
        4: { name: 'type', as: 'string' },
        10: { name: 'externalName', as: 'string' },
      },
    },
  },
  'policy/v1/Eviction': { 1: metadata, 2: { name: 'deleteOptions', as: 'message', of: deleteOptions } },
  'policy/v1/PodDisruptionBudget': {
    1: metadata,
    2: {
      name: 'spec',
      as: 'message',
      of: {
        1: { name: 'minAvailable', as: 'intOrString' },
        2: { name: 'selector', as: 'message', of: selector },
        3: { name: 'maxUnavailable', as: 'intOrString' },
      },
    },
  },
  'rbac.authorization.k8s.io/v1/Role': role,
  'rbac.authorization.k8s.io/v1/ClusterRole': role,
  'rbac.authorization.k8s.io/v1/RoleBinding': roleBinding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': roleBinding,
  'v1/DeleteOptions': deleteOptions,
  'authorization.k8s.io/v1/SelfSubjectAccessReview': {
    1: metadata,
    2: {
      name: 'spec',
      as: 'message',
      of: {
        1: { name: 'resourceAttributes', as: 'message', of: resourceAttributes },
        2: { name: 'nonResourceAttributes', as: 'message', of: nonResourceAttributes },
      },
    },
  },
  'authorization.k8s.io/v1/SelfSubjectRulesReview': {
    1: metadata,
    2: { name: 'spec', as: 'message', of: { 1: { name: 'namespace', as: 'string' } } },
  },
  'authentication.k8s.io/v1/SelfSubjectReview': { 1: metadata },
};

/** undefined: no message of this kind is known here. */
export function readMessage(apiVersion: string, kind: string, bytes: Uint8Array): JsonObject | undefined {
  const message =
    messages[`${apiVersion}/${kind}`] ?? (kind === 'DeleteOptions' ? messages['v1/DeleteOptions'] : undefined);
  return message === undefined ? undefined : read(message, bytes);
}

function read(message: Message, bytes: Uint8Array): JsonObject {
  const fields = new ProtobufReader(bytes).fields();
  const result: JsonObject = {};
  for (const [number, field] of Object.entries(message)) {
    const values = fields.get(Number(number));
    if (values === undefined) continue;
    const value = readField(field, values);
    // Go writes empty strings of what is not set.
    if (value !== '') result[field.name] = value;
  }
  return result;
}

function readField(field: Field, values: readonly (bigint | Uint8Array)[]): JsonValue {
  const last = values.at(-1)!;
  switch (field.as) {
    case 'string':
      return text(last);
    case 'bytes':
      return base64(last);
    case 'bool':
      return last !== 0n;
    case 'int':
      return Number(last);
    case 'intOrString':
      return readIntOrString(bytes(last));
    case 'strings':
      return values.map(text);
    case 'stringMap':
      return readMap(values, text);
    case 'bytesMap':
      return readMap(values, base64);
    case 'message':
      return read(field.of, bytes(last));
    case 'messages':
      return values.map((value) => read(field.of, bytes(value)));
  }
}

/** Type 1 is a string. */
function readIntOrString(message: Uint8Array): JsonValue {
  const fields = new ProtobufReader(message).fields();
  const number = fields.get(2)?.at(-1);
  return fields.get(1)?.at(-1) === 1n ? text(fields.get(3)?.at(-1) ?? new Uint8Array()) : Number(number ?? 0n);
}

function readMap(
  entries: readonly (bigint | Uint8Array)[],
  toJson: (value: bigint | Uint8Array) => string,
): JsonObject {
  const map: JsonObject = {};
  for (const entry of entries) {
    const fields: ProtobufFields = new ProtobufReader(bytes(entry)).fields();
    const key = text(fields.get(1)?.at(-1) ?? new Uint8Array());
    map[key] = toJson(fields.get(2)?.at(-1) ?? new Uint8Array());
  }
  return map;
}

function bytes(value: bigint | Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RangeError('a number where bytes were expected');
}

function text(value: bigint | Uint8Array): string {
  return Buffer.from(bytes(value)).toString('utf8');
}

function base64(value: bigint | Uint8Array): string {
  return Buffer.from(bytes(value)).toString('base64');
}
