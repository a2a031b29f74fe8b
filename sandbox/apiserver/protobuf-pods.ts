// Field numbers of pods and their templates: `kubectl create job --from` sends the whole of a CronJob's (from the public
// generated.proto of core/v1). Kinds of volumes beyond the common ones are not read.

import {
  bool,
  int,
  labelSelector,
  type Message,
  message,
  messages,
  metadata,
  string,
  strings,
} from './protobuf-messages.ts';

const objectName: Message = { 1: string('name') };
const keySelector: Message = { 1: { as: 'inline', of: objectName }, 2: string('key'), 3: bool('optional') };

const envVar: Message = {
  1: string('name'),
  2: string('value'),
  3: message('valueFrom', {
    1: message('fieldRef', { 1: string('apiVersion'), 2: string('fieldPath') }),
    2: message('resourceFieldRef', {
      1: string('containerName'),
      2: string('resource'),
      3: { name: 'divisor', as: 'quantity' },
    }),
    3: message('configMapKeyRef', keySelector),
    4: message('secretKeyRef', keySelector),
  }),
};

const named: Message = { 1: { as: 'inline', of: objectName }, 2: bool('optional') };
const envFrom: Message = { 1: string('prefix'), 2: message('configMapRef', named), 3: message('secretRef', named) };

const resources: Message = { 1: { name: 'limits', as: 'quantityMap' }, 2: { name: 'requests', as: 'quantityMap' } };

const httpGet: Message = {
  1: string('path'),
  2: { name: 'port', as: 'intOrString' },
  3: string('host'),
  4: string('scheme'),
  5: messages('httpHeaders', { 1: string('name'), 2: string('value') }),
};

const handler: Message = {
  1: message('exec', { 1: strings('command') }),
  2: message('httpGet', httpGet),
  3: message('tcpSocket', { 1: { name: 'port', as: 'intOrString' }, 2: string('host') }),
  4: message('sleep', { 1: int('seconds') }),
};

const probeHandler: Message = { ...handler, 4: message('grpc', { 1: int('port'), 2: string('service') }) };

const probe: Message = {
  1: { as: 'inline', of: probeHandler },
  2: int('initialDelaySeconds'),
  3: int('timeoutSeconds'),
  4: int('periodSeconds'),
  5: int('successThreshold'),
  6: int('failureThreshold'),
  7: int('terminationGracePeriodSeconds'),
};

const seccompProfile: Message = { 1: string('type'), 2: string('localhostProfile') };

const securityContext: Message = {
  1: message('capabilities', { 1: strings('add'), 2: strings('drop') }),
  2: bool('privileged'),
  4: int('runAsUser'),
  5: bool('runAsNonRoot'),
  6: bool('readOnlyRootFilesystem'),
  7: bool('allowPrivilegeEscalation'),
  8: int('runAsGroup'),
  9: string('procMount'),
  11: message('seccompProfile', seccompProfile),
};

const container: Message = {
  1: string('name'),
  2: string('image'),
  3: strings('command'),
  4: strings('args'),
  5: string('workingDir'),
  6: messages('ports', {
    1: string('name'),
    2: int('hostPort'),
    3: int('containerPort'),
    4: string('protocol'),
    5: string('hostIP'),
  }),
  7: messages('env', envVar),
  8: message('resources', resources),
  9: messages('volumeMounts', {
    1: string('name'),
    2: bool('readOnly'),
    3: string('mountPath'),
    4: string('subPath'),
  }),
  10: message('livenessProbe', probe),
  11: message('readinessProbe', probe),
  12: message('lifecycle', { 1: message('postStart', handler), 2: message('preStop', handler) }),
  13: string('terminationMessagePath'),
  14: string('imagePullPolicy'),
  15: message('securityContext', securityContext),
  16: bool('stdin'),
  17: bool('stdinOnce'),
  18: bool('tty'),
  19: messages('envFrom', envFrom),
  20: string('terminationMessagePolicy'),
  22: message('startupProbe', probe),
};

const keyToPath: Message = { 1: string('key'), 2: string('path'), 3: int('mode') };

const volumeSource: Message = {
  1: message('hostPath', { 1: string('path'), 2: string('type') }),
  2: message('emptyDir', { 1: string('medium'), 2: { name: 'sizeLimit', as: 'quantity' } }),
  6: message('secret', {
    1: string('secretName'),
    2: messages('items', keyToPath),
    3: int('defaultMode'),
    4: bool('optional'),
  }),
  10: message('persistentVolumeClaim', { 1: string('claimName'), 2: bool('readOnly') }),
  19: message('configMap', {
    1: { as: 'inline', of: objectName },
    2: messages('items', keyToPath),
    3: int('defaultMode'),
    4: bool('optional'),
  }),
};

export const podSpec: Message = {
  1: messages('volumes', { 1: string('name'), 2: { as: 'inline', of: volumeSource } }),
  2: messages('containers', container),
  3: string('restartPolicy'),
  4: int('terminationGracePeriodSeconds'),
  5: int('activeDeadlineSeconds'),
  6: string('dnsPolicy'),
  7: { name: 'nodeSelector', as: 'stringMap' },
  8: string('serviceAccountName'),
  9: string('serviceAccount'),
  10: string('nodeName'),
  11: bool('hostNetwork'),
  12: bool('hostPID'),
  13: bool('hostIPC'),
  14: message('securityContext', {
    2: int('runAsUser'),
    3: bool('runAsNonRoot'),
    4: { name: 'supplementalGroups', as: 'ints' },
    5: int('fsGroup'),
    6: int('runAsGroup'),
    10: message('seccompProfile', seccompProfile),
  }),
  15: messages('imagePullSecrets', objectName),
  16: string('hostname'),
  17: string('subdomain'),
  19: string('schedulerName'),
  20: messages('initContainers', container),
  21: bool('automountServiceAccountToken'),
  22: messages('tolerations', {
    1: string('key'),
    2: string('operator'),
    3: string('value'),
    4: string('effect'),
    5: int('tolerationSeconds'),
  }),
  24: string('priorityClassName'),
  25: int('priority'),
  27: bool('shareProcessNamespace'),
  28: messages('readinessGates', { 1: string('conditionType') }),
  29: string('runtimeClassName'),
  30: bool('enableServiceLinks'),
  31: string('preemptionPolicy'),
  33: messages('topologySpreadConstraints', {
    1: int('maxSkew'),
    2: string('topologyKey'),
    3: string('whenUnsatisfiable'),
    4: message('labelSelector', labelSelector),
  }),
};

export const podTemplate: Message = { 1: metadata, 2: message('spec', podSpec) };

export const jobSpec: Message = {
  1: int('parallelism'),
  2: int('completions'),
  3: int('activeDeadlineSeconds'),
  4: message('selector', labelSelector),
  5: bool('manualSelector'),
  6: message('template', podTemplate),
  7: int('backoffLimit'),
  8: int('ttlSecondsAfterFinished'),
  9: string('completionMode'),
  10: bool('suspend'),
  14: string('podReplacementPolicy'),
};
