// The requests that kubectl 1.32 made for the commands of kubectl-commands.ts, without kubectl: each is answered with the
// status that it had, in the form that it asked for.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { publishOwnService } from '../../sandbox/apiserver/bootstrap.ts';
import type { ApiResponse, WatchFrame } from '../../sandbox/apiserver/types.ts';
import { VirtualClock } from '../../sandbox/clock.ts';
import { type Cluster, createCluster } from '../../sandbox/cluster.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { whileRunning } from '../../sandbox/simulation.ts';
import type { RecordedCommand, RecordedRequest } from './kubectl-recording.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/kubectl/requests.json', import.meta.url), 'utf8'),
) as readonly RecordedCommand[];

const clock = new VirtualClock();
let cluster: Cluster;

before(async () => {
  cluster = createCluster({ clock, random: seededRandom(1), node: { startDelayMs: 100, count: 2 } });
  await whileRunning(clock, cluster.start());
  // As a socket in front of it would do.
  await publishOwnService(cluster.apiServer, 6443);
});

after(async () => whileRunning(clock, cluster.stop()));

function send({ method, path, query = '', headers, body, base64 }: RecordedRequest): Promise<ApiResponse> {
  const bytes = base64 === undefined ? Buffer.from(body ?? '') : Buffer.from(base64, 'base64');
  return whileRunning(
    clock,
    cluster.apiServer.handle({
      method,
      path,
      query,
      headers: { ...headers, 'user-agent': 'kubectl/v1.32' },
      body: bytes,
    }),
  );
}

/** The first frames of a watch, as far as they come without much waiting. */
async function read({ stream }: ApiResponse): Promise<WatchFrame[]> {
  const frames: WatchFrame[] = [];
  const handle = stream?.start({ frame: (frame) => frames.push(frame), end: () => undefined });
  await clock.runFor(1000);
  handle?.cancel();
  return frames;
}

for (const { command, requests } of recorded) {
  test(`kubectl ${command}`, async () => {
    for (const request of requests) {
      const told = `${request.method} ${request.path}?${request.query ?? ''}`;
      const response = await send(request);
      // What a deletion waits for is gone a little sooner or later.
      const isAwaited =
        request.method === 'GET' && [200, 404].includes(request.status) && /^delete|^wait/.test(command);
      if (!isAwaited)
        assert.equal(response.status, request.status, `${told}: ${JSON.stringify(response.body)?.slice(0, 400)}`);
      if (response.stream !== undefined) await read(response);
      if (request.headers.accept?.includes('as=Table') && response.status === 200 && response.stream === undefined) {
        assert.equal((response.body as { kind: string }).kind, 'Table', told);
      }
      await clock.runFor(200);
    }
    // As long as a person takes to type the next one.
    await clock.runFor(3000);
  });
}

test('the list has every kind of request that kubectl makes', () => {
  const all = recorded.flatMap(({ requests }) => requests);
  const types = new Set(all.map(({ headers }) => headers['content-type']?.split(';')[0]));
  for (const type of [
    'application/vnd.kubernetes.protobuf',
    'application/json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/json-patch+json',
    'application/apply-patch+yaml',
  ]) {
    assert.ok(types.has(type), type);
  }
  assert.ok(all.some(({ headers }) => headers['impersonate-user'] === 'jane'));
  assert.ok(
    all.some(({ query }) => query?.includes('sendInitialEvents=true')) ||
      all.some(({ query }) => query?.includes('watch=true')),
  );
});
