// What the controller sends stays within the role that deploy/ ships: every request of two updates, one of them aborted.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { silentLogger } from '../controller/kubernetes/log.ts';
import type { KubeRequest, Transport } from '../controller/kubernetes/transport.ts';
import { parseYamlDocuments } from '../controller/lang/yaml.ts';
import { startManager } from '../controller/manager.ts';
import { noMetrics } from '../controller/telemetry/metrics.ts';
import { VirtualClock } from '../sandbox/clock.ts';
import { createCluster } from '../sandbox/cluster.ts';
import { seededRandom } from '../sandbox/random.ts';
import { defaultSettings, kubeTransport, whileRunning } from '../sandbox/simulation.ts';
import { allows, controllerRole } from './builders/rbac.ts';

interface Sent {
  readonly request: KubeRequest;
  readonly isWatch: boolean;
}

function recording(inner: Transport, sent: Sent[]): Transport {
  return {
    request(request) {
      sent.push({ request, isWatch: false });
      return inner.request(request);
    },
    watch(request, sink) {
      sent.push({ request, isWatch: true });
      return inner.watch(request, sink);
    },
    close: () => inner.close(),
  };
}

const collections: Readonly<Record<string, string>> = {
  Service: '/api/v1/namespaces/default/services',
  Ingress: '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
  Rollout: '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts',
};
const rollout = `${collections.Rollout}/rollouts-demo`;

test('every request of the controller is allowed by its role', async () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const cluster = createCluster({ clock, random });
  await whileRunning(clock, cluster.start());
  const user = kubeTransport(cluster.transport());
  const ask = (request: KubeRequest) => whileRunning(clock, user.request(request));
  const sent: Sent[] = [];
  const manager = await whileRunning(
    clock,
    startManager({
      transport: recording(kubeTransport(cluster.transport()), sent),
      clock,
      random,
      log: silentLogger,
      metrics: noMetrics,
      options: {
        scope: { namespace: undefined, instanceId: '' },
        settings: defaultSettings,
        namespace: 'argo-rollouts',
        leaderElection: {
          leaseDurationMs: 15_000,
          renewDeadlineMs: 10_000,
          retryPeriodMs: 2_000,
          releaseOnExit: true,
          identity: 'me',
        },
      },
    }),
  );
  await whileRunning(clock, manager.leading());

  const manifest = readFileSync(new URL('../examples/canary-alb.yaml', import.meta.url), 'utf8');
  for (const { value } of parseYamlDocuments(manifest)) {
    const { kind } = value as { kind: string };
    await ask({ verb: 'POST', path: collections[kind] ?? '', body: value });
  }
  const merge = (path: string, body: unknown) =>
    ask({ verb: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
  const setImage = async (colour: string): Promise<void> => {
    const { body } = await ask({ verb: 'GET', path: rollout });
    const { template } = (body as { spec: { template: { spec: { containers: object[] } } } }).spec;
    const containers = template.spec.containers.map((container) => ({
      ...container,
      image: `argoproj/rollouts-demo:${colour}`,
    }));
    await merge(rollout, { spec: { template: { spec: { containers } } } });
  };
  await clock.runFor(60_000);
  await setImage('yellow');
  await clock.runFor(60_000);
  await merge(`${rollout}/status`, { status: { promoteFull: true } });
  await clock.runFor(120_000);
  await setImage('bad-red');
  await clock.runFor(60_000);
  await merge(`${rollout}/status`, { status: { abort: true } });
  await clock.runFor(120_000);
  await merge(rollout, { spec: { restartAt: new Date(clock.now()).toISOString().replace('.000', '') } });
  await clock.runFor(120_000);
  await ask({ verb: 'DELETE', path: rollout });
  await clock.runFor(60_000);
  await whileRunning(clock, manager.stop());

  const kinds = new Set(sent.map(({ request }) => `${request.verb} ${request.path.split('/').slice(-2)[0]}`));
  assert.ok(sent.length > 60, `only ${sent.length} requests`);
  assert.ok(kinds.has('PATCH ingresses') && kinds.has('PATCH services'), [...kinds].join(', '));
  for (const path of ['deploy/cluster/rbac.yaml', 'deploy/namespaced/rbac.yaml'] as const) {
    const role = controllerRole(path);
    const refused = sent
      .filter(({ request, isWatch }) => !allows(role, request, isWatch))
      .map(({ request }) => `${request.verb} ${request.path}`);
    assert.deepEqual([...new Set(refused)], []);
  }
  await whileRunning(clock, cluster.stop());
});
