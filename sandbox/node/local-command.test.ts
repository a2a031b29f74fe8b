import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { realClock } from '../clock.ts';
import { resources } from '../machinery/resources.ts';
import { seededRandom } from '../random.ts';
import { withCluster } from '../test-cluster.ts';
import { createHttpRuntime } from './http-runtime.ts';
import { commandAnnotation } from './local-command.ts';

const program = (more = ''): string =>
  `"${process.execPath}" -e "${more}require('http').createServer((q,r)=>r.end(process.env.GREETING)).listen(process.env.PORT,'127.0.0.1',()=>console.log('up'))"`;

function podWith(command: string): Pod {
  const env = [{ name: 'GREETING', value: 'hello' }];
  return {
    metadata: { name: 'p', annotations: { [commandAnnotation]: command } },
    spec: { containers: [{ name: 'main', image: 'own:1', env, ports: [{ containerPort: 8080 }] }] },
  };
}

async function run(command: string, allowed = true) {
  const runtime = createHttpRuntime({ random: seededRandom(1), clock: realClock(), allowLocalCommands: allowed });
  const seen: { up?: () => void; code?: (code: number) => void } = {};
  const up = new Promise<void>((resolve) => {
    seen.up = resolve;
  });
  const ended = new Promise<number>((resolve) => {
    seen.code = resolve;
  });
  const process = await runtime.start(podWith(command), {
    podIP: '10.244.0.2',
    script: {},
    log: () => seen.up?.(),
    ended: (_container, code) => seen.code?.(code),
  });
  return { runtime, process, up, ended };
}

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

test('a command listens on the port that it was given, with the environment of its container, and ends when asked', async () => {
  const { runtime, process, up } = await run(program());
  await up;
  const address = runtime.address('10.244.0.2', 8080)!;
  assert.equal(await ask(address.port), 'hello');
  const action = { kind: 'http', port: 8080, path: '/', headers: {} } as const;
  assert.deepEqual(await process.probe('main', action, 1000), { ok: true, message: '' });
  await process.stop(5000);
  await assert.rejects(ask(address.port), { code: 'ECONNREFUSED' });
  assert.equal(runtime.address('10.244.0.2', 8080), undefined);
});

test('one that does not want to end is killed when its grace is over', async () => {
  const { runtime, process, up } = await run(program("process.on('SIGTERM',()=>{});"));
  await up;
  const { port } = runtime.address('10.244.0.2', 8080)!;
  const before = performance.now();
  await process.stop(150);
  assert.ok(performance.now() - before >= 140);
  await assert.rejects(ask(port), { code: 'ECONNREFUSED' });
});

test('one that ends by itself says how', async () => {
  const { process, ended } = await run('exit 3');
  assert.equal(await ended, 3);
  await process.stop();
});

test('nothing is run unless it was allowed', () =>
  assert.rejects(run(program(), false), /start with --allow-local-commands/));

test('under the virtual clock a command is refused, and the pod says why', () =>
  withCluster(
    async (cluster) => {
      const { metadata, spec } = podWith('echo hello');
      await cluster.create(resources.pods, 'p', { metadata, spec });
      await cluster.runSeconds(3);
      const pod = await cluster.get<Pod>(resources.pods, 'p');
      const [status] = (pod?.status?.containerStatuses ?? []) as readonly { state?: { waiting?: object } }[];
      const message = 'local commands need the real clock';
      assert.deepEqual(status?.state?.waiting, { reason: 'RunContainerError', message });
    },
    { allowProblems: true },
  ));
