import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { get } from 'node:http';
import { test } from 'node:test';
import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { realClock, VirtualClock } from '../clock.ts';
import { createCluster } from '../cluster.ts';
import { resources } from '../machinery/resources.ts';
import { seededRandom } from '../random.ts';
import { withCluster } from '../test-cluster.ts';
import { createHttpRuntime } from './http-runtime.ts';
import { commandAnnotation } from './local-command.ts';
import type { PodRuntime } from './runtime.ts';

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

/** Pods that only note when they are asked to end, and how much time they are given. */
function stoppable(clock: VirtualClock): {
  readonly runtime: PodRuntime;
  readonly asked: (readonly [at: number, graceMs: number])[];
} {
  const asked: (readonly [number, number])[] = [];
  const stop = async (graceMs = 0): Promise<void> => {
    asked.push([clock.now(), graceMs]);
  };
  const probe = () => ({ ok: true, message: '' });
  return { asked, runtime: { start: async () => ({ drain() {}, probe, stop }), address: () => undefined } };
}

const endings: readonly { readonly when: string; readonly spec: object; readonly want: readonly [number, number] }[] = [
  { when: 'at once', spec: { terminationGracePeriodSeconds: 3 }, want: [0, 3000] },
  {
    when: 'after its hook, with what the hook has left of the grace',
    spec: { terminationGracePeriodSeconds: 3, lifecycle: { preStop: { sleep: { seconds: 2 } } } },
    want: [2000, 1000],
  },
  {
    when: 'when the grace is over, where the hook takes longer',
    spec: { terminationGracePeriodSeconds: 1, lifecycle: { preStop: { sleep: { seconds: 5 } } } },
    want: [1000, 0],
  },
];

for (const { when, spec, want } of endings) {
  test(`a command is asked to end ${when}, counted from when the deletion is seen`, async () => {
    const clock = new VirtualClock();
    const { runtime, asked } = stoppable(clock);
    const cluster = createCluster({ clock, random: seededRandom(1), runtime });
    await cluster.start();
    const { lifecycle, ...more } = spec as { lifecycle?: object };
    const pod = podWith('sleep 100');
    const containers = pod.spec.containers.map((container) => ({ ...container, ...(lifecycle && { lifecycle }) }));
    await cluster.client.create(resources.pods, 'default', {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata },
      spec: { ...more, containers },
    } as Pod);
    await clock.runFor(5900);
    const deletedAt = clock.now();
    await cluster.client.delete(resources.pods, 'default', 'p');
    await clock.runFor(10_000);
    const [[at, graceMs] = [0, 0]] = asked;
    assert.deepEqual([at - deletedAt, graceMs], want);
    await cluster.stop();
  });
}

test('what still runs when the sandbox ends, however it ends, ends with it', async () => {
  const script = `
    import { startLocalCommand } from ${JSON.stringify(new URL('./local-command.ts', import.meta.url).href)};
    const pod = { metadata: {}, spec: { containers: [] } };
    const command = 'sleep 60 & echo $!; wait';
    await startLocalCommand(pod, command, { log: (pid) => { console.log(pid); process.exit(1); }, ended() {} });
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const pid = Number(stdout);
  assert.ok(pid > 1, stdout);
  for (let tries = 0; tries < 50 && isRunning(pid); tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(isRunning(pid), false);
});

/** A process that nobody has waited for yet has ended all the same. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}
