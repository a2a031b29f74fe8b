// The Node object of a node of the sandbox: large, ready, and honest about what it is.

import { podNetworkOf } from './address-pool.ts';

export interface NodeObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Node';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: object;
  readonly status: object;
}

/** Nodes stand in three zones in turn. */
export function makeNodeObject(name: string, index: number, time: string): NodeObject {
  const podNetwork = `${podNetworkOf(index)}.0.0/16`;
  const capacity = { cpu: '64', memory: '256Gi', pods: '10000', 'ephemeral-storage': '1Ti' };
  const conditions = [
    makeCondition(
      'MemoryPressure',
      'False',
      'KubeletHasSufficientMemory',
      'kubelet has sufficient memory available',
      time,
    ),
    makeCondition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure', time),
    makeCondition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available', time),
    makeCondition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status', time),
  ];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/region': 'sandbox',
        'topology.kubernetes.io/zone': `sandbox-${'abc'[index % 3]}`,
      },
    },
    spec: { podCIDR: podNetwork, podCIDRs: [podNetwork] },
    status: {
      capacity,
      allocatable: capacity,
      conditions,
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

function makeCondition(type: string, status: string, reason: string, message: string, time: string): object {
  return { type, status, reason, message, lastHeartbeatTime: time, lastTransitionTime: time };
}
