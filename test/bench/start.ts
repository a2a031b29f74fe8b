// From `npm start` to the first answered request, from `set image` to the first yellow one, and from `promote` to the
// first write of a weight, all over the real API server and proxy on loopback.

import { readFileSync } from 'node:fs';
import { plainAccess } from '../../controller/kubernetes/cluster-access.ts';
import { createHttpTransport } from '../../controller/kubernetes/http-transport.ts';
import { systemClock, systemRandom } from '../../controller/kubernetes/system-clock.ts';
import { patchContentType, type Transport } from '../../controller/kubernetes/transport.ts';
import { endProgram, freePort, sendRequests, startProgram } from '../e2e/cluster.ts';
import { below, median, repeat, tell } from './figures.ts';

const rolloutPath = '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/rollouts-demo';
const ingressPath = '/apis/networking.k8s.io/v1/namespaces/default/ingresses';

export async function benchStart(): Promise<void> {
  const firstAnswers: number[] = [];
  const firstYellows: number[] = [];
  const reactions: number[] = [];
  const roundTrips: number[] = [];
  for (let round = 0; round < 3; round++) {
    const port = await freePort();
    const startedAt = performance.now();
    const program = startProgram('scripts/start.js', ['--plain', `--port=${port}`]);
    try {
      await untilAnswered(port, 'blue');
      firstAnswers.push((performance.now() - startedAt) / 1000);
      const transport = connect(await program.printed(/export KUBECONFIG=/));
      await program.printed(/: Healthy/);
      roundTrips.push(...(await repeat(20, () => timed(() => transport.request({ verb: 'GET', path: rolloutPath })))));
      await setImage(transport, 'yellow');
      const setAt = performance.now();
      await untilAnswered(port, 'yellow');
      firstYellows.push((performance.now() - setAt) / 1000);
      await program.printed(/: Paused/);
      reactions.push(await promoteToWeight(transport));
      transport.close();
    } finally {
      await endProgram(program.process);
    }
  }
  tell('npm start → first request answered', firstAnswers, 's');
  tell('set image → first yellow answer (a pod starts in 1 s)', firstYellows, 's');
  tell('a GET over loopback', roundTrips, 'ms');
  tell('promote → first write of the controller', reactions, 'ms', {
    reference: { name: 'a GET', value: median(roundTrips) },
    aim: (value) => below(50, 'ms', value),
  });
}

/** The instant at which the promotion is answered, to the arrival of the next change of the Rollout by the controller. */
async function promoteToWeight(transport: Transport): Promise<number> {
  const list = (await transport.request({ verb: 'GET', path: ingressPath })).body as {
    metadata: { resourceVersion: string };
  };
  const collection = rolloutPath.replace(/\/[^/]+$/, '');
  const { promise, resolve } = Promise.withResolvers<number>();
  let promotedAt = Number.POSITIVE_INFINITY;
  let own = '';
  const watch = transport.watch(
    { verb: 'GET', path: collection, query: { resourceVersion: list.metadata.resourceVersion } },
    {
      frame({ object }) {
        const version = (object as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
        if (own !== '' && Number(version) > Number(own)) resolve(performance.now() - promotedAt);
      },
      closed: () => resolve(Number.NaN),
    },
  );
  await new Promise((done) => setTimeout(done, 300));
  promotedAt = performance.now();
  const answer = await transport.request({
    verb: 'PATCH',
    path: `${rolloutPath}/status`,
    contentType: patchContentType.merge,
    body: { status: { pauseConditions: null } },
  });
  own = (answer.body as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
  const value = await promise;
  watch.cancel();
  return value;
}

async function setImage(transport: Transport, color: string): Promise<void> {
  const value = `argoproj/rollouts-demo:${color}`;
  const body = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value }];
  await transport.request({ verb: 'PATCH', path: rolloutPath, contentType: patchContentType.json, body });
}

async function untilAnswered(port: number, version: string): Promise<void> {
  for (let attempt = 0; attempt < 2000; attempt++) {
    const { byVersion } = await sendRequests(port, 'localhost', 1);
    if (byVersion[version] !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no ${version} answer`);
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

function connect(printed: string): Transport {
  const path = /export KUBECONFIG=(\S+)/.exec(printed)?.[1] ?? '';
  const config = JSON.parse(readFileSync(path, 'utf8'));
  const { server } = config.clusters[0].cluster;
  const ca = Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString();
  const access = plainAccess(server, config.users[0].user.token, { ca });
  return createHttpTransport({ access, clock: systemClock, random: systemRandom, userAgent: 'bench/1' });
}
