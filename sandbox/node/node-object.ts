// The Node object of the sandbox's node: large, ready, and honest about what it is.

export interface NodeObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Node';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: object;
  readonly status: object;
}

export function makeNodeObject(name: string, time: string): NodeObject {
  const capacity = { cpu: '64', memory: '256Gi', pods: '10000', 'ephemeral-storage': '1Ti' };
  const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) =>
    makeCondition(type, 'False', `KubeletHasNo${type}`, time),
  );
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
    },
    spec: { podCIDR: '10.244.0.0/16', podCIDRs: ['10.244.0.0/16'] },
    status: {
      capacity,
      allocatable: capacity,
      conditions: [...pressures, makeCondition('Ready', 'True', 'KubeletReady', time)],
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'sandbox://1.0.0',
        kernelVersion: '',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.36.2',
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'Slipway sandbox',
        systemUUID: '',
      },
    },
  };
}

function makeCondition(type: string, status: string, reason: string, time: string): object {
  return { type, status, reason, message: '', lastHeartbeatTime: time, lastTransitionTime: time };
}
