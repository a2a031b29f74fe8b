// Memory of the controller process with 1 and with 500 resting rollouts, on a sandbox, and what a resting fleet writes.

import { readFileSync } from 'node:fs';
import { eventually, openCluster } from '../e2e/cluster.ts';
import { builtProgram } from './built-program.ts';

export async function benchController(): Promise<void> {
  const cluster = await openCluster('bench', { controllerFile: await builtProgram('slipway-controller.js') });
  try {
    for (const count of [1, 500]) {
      const objects = Array.from({ length: count }, (_, index) => restingRollout(`resting-${index}`));
      const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
      const answer = await cluster.run('kubectl', ['apply', '--server-side', '-f', '-'], { input, timeoutMs: 300_000 });
      if (answer.code !== 0) throw new Error(answer.stderr);
      await eventually(
        'all are Healthy',
        async () => {
          const phases = await cluster.ok('kubectl', 'get', 'rollouts', '-o', 'jsonpath={.items[*].status.phase}');
          return phases.split(' ').filter((phase) => phase === 'Healthy').length === count ? true : undefined;
        },
        120_000,
      );
      console.log(`  ${count} resting rollouts: controller ${memoryMiB(cluster.controllerPid)} MiB resident`);
    }
  } finally {
    await cluster.stop();
  }
}

function restingRollout(name: string) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'example.com/app:1', ports: [{ containerPort: 8080 }] }] },
      },
    },
  };
}

function memoryMiB(pid: number | undefined): string {
  const [, kib = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(kib) / 1024).toFixed(0);
}
