// `npm start`: an embedded cluster, the rollout controller, a demo behind a real proxy and a load, on one screen.
// Reads like a table of contents; whatever it starts it also ends.

import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { plainAccess } from '../controller/kubernetes/cluster-access.ts';
import { createHttpTransport } from '../controller/kubernetes/http-transport.ts';
import type { TimerHandle } from '../controller/lang/time.ts';
import { type Manager, startManager } from '../controller/manager.ts';
import { createLogger } from '../controller/telemetry/log.ts';
import { noMetrics } from '../controller/telemetry/metrics.ts';
import { type ApiServerFront, startApiServerFront } from './apiserver/http.ts';
import { Cleanup } from './cleanup.ts';
import { realClock } from './clock.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { makeControllerAccount } from './controller-account.ts';
import { startDataPlane } from './data-plane.ts';
import { type Demo, makeDemo, serviceHost } from './demo.ts';
import { claimInstance, type Instance, watchParent } from './instance.ts';
import { type Live, showLive } from './live.ts';
import { isServed, type Load, startLoad } from './load/load.ts';
import { applyManifests, applyObjects, formatManifestProblem } from './manifests.ts';
import type { ReverseProxy } from './network/proxy.ts';
import { parseStartOptions, type StartOptions } from './options.ts';
import { systemRandom } from './random.ts';
import { defaultSettings } from './simulation.ts';
import { type ClusterState, openState } from './state.ts';
import { unplayedKinds } from './unplayed-kinds.ts';
import { makePlainView } from './view/plain.ts';
import { makeTerminalView, type View } from './view/terminal.ts';

const projectFolder = fileURLToPath(new URL('..', import.meta.url));
/** What the demo's page asks the proxy: why the rollout stands where it stands. */
const statePath = '/.slipway/rollout';

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseStartOptions(argv);
  if (parsed.kind === 'help') return tell(process.stdout, parsed.text, 0);
  if (parsed.kind === 'wrong') return tell(process.stderr, `${parsed.message}\n`, 2);
  const cleanup = new Cleanup();
  const ended = endOfProcess();
  try {
    await Promise.race([start(parsed.options, cleanup).then(() => ended), crash()]);
    return 0;
  } catch (error) {
    return tell(process.stderr, `Error: ${(error as Error).message}\n`, 1);
  } finally {
    await cleanup.run();
  }
}

async function start(options: StartOptions, cleanup: Cleanup): Promise<void> {
  const clock = realClock();
  const instance = claimInstance(join(projectFolder, '.slipway'), process.pid);
  cleanup.add(() => instance.release());

  const state = options.state === undefined ? undefined : openState(options.state, { pid: process.pid });
  cleanup.add(() => state?.close());

  const problems: string[] = [];
  const cluster = createCluster({
    clock,
    random: systemRandom(),
    runtime: 'real',
    allowLocalCommands: options.allowLocalCommands,
    endpointDelayMs: options.endpointDelayMs,
    node: { startDelayMs: options.startDelayMs, count: options.nodes },
    apiServerOptions: {
      rbac: options.rbac,
      builtInRights: true,
      creationNotices: unplayedKinds,
      ...(state?.snapshot === undefined ? {} : { snapshot: state.snapshot }),
    },
    report: (problem) => problems.push(problem.message),
  });
  const front = await startApiServerFront(
    cluster.apiServer,
    options.apiPort === undefined ? {} : { port: options.apiPort },
  );
  cleanup.add(() => front.close());
  await cluster.start();
  cleanup.add(() => cluster.stop());
  state?.follow(cluster.apiServer.storage);
  front.writeKubeconfig(instance.kubeconfigPath);

  let live: Live | undefined;
  const own = (path: string) => (path === statePath ? { rollout: live?.rollout } : undefined);
  const { network, proxy, informers, prometheus } = await startDataPlane(options, cluster, own, cleanup);
  const token = options.rbac ? await makeControllerAccount(cluster.transport()) : front.token;
  if (options.controller) await startController(front, token, instance, cleanup);
  const demo = options.demo ? makeDemo(options) : undefined;
  // What was kept goes on as it was, with whatever its user changed.
  if (demo !== undefined && !isKept(state, demo)) await applyObjects(cluster.transport(), demo.objects, demo.namespace);
  if (options.manifests !== undefined) problems.push(...(await applyFolder(cluster, options.manifests)));
  const host = demo?.host(proxy.port) ?? `localhost:${proxy.port}`;
  const load = options.load ? startLoadWhenServed(options, proxy, host, cleanup) : () => undefined;

  const view = makeView(options);
  cleanup.add(() => view.end());
  live = showLive({
    clock,
    informers,
    network,
    view,
    load,
    links: [
      ...linksOf(proxy, demo, front, instance),
      { label: 'Prometheus', url: `${prometheus.address} (metrics of the proxy: /metrics)` },
    ],
    exports: [`export KUBECONFIG=${instance.kubeconfigPath} PATH=${join(projectFolder, 'bin')}:$PATH`],
    problems: () => problems,
    controlled: options.controller,
    preferred: demo === undefined ? '' : `${demo.namespace}/${demo.rolloutName}`,
  });
  cleanup.add(() => live?.stop());
}

function isKept(state: ClusterState | undefined, { namespace, rolloutName }: Demo): boolean {
  const rollouts = state?.snapshot?.resources['argoproj.io/rollouts'] ?? [];
  return rollouts.some(({ metadata }) => metadata.name === rolloutName && metadata.namespace === namespace);
}

/** The controller as it runs anywhere: over HTTPS, with the credentials of a kubeconfig. */
async function startController(
  front: ApiServerFront,
  token: string,
  instance: Instance,
  cleanup: Cleanup,
): Promise<Manager> {
  const logFile = createWriteStream(`${instance.kubeconfigPath.replace('kubeconfig', 'controller')}.log`, {
    flags: 'w',
  });
  const clock = realClock();
  const random = systemRandom();
  const transport = createHttpTransport({
    access: plainAccess(front.url, token, front.ca === undefined ? {} : { ca: front.ca }),
    clock,
    random,
    userAgent: 'rollouts-controller/slipway',
  });
  const manager = await startManager({
    transport,
    clock,
    random,
    log: createLogger({ level: 'info', format: 'text', destination: logFile }),
    metrics: noMetrics,
    options: {
      scope: { namespace: undefined, instanceId: '' },
      settings: defaultSettings,
      namespace: 'argo-rollouts',
    },
  });
  cleanup.add(async () => {
    await manager.stop();
    transport.close();
    logFile.end();
  });
  await manager.leading();
  return manager;
}

/** Requests before the first pod is ready would only count as failures that no rollout caused. */
function startLoadWhenServed(
  { rate }: StartOptions,
  { port }: ReverseProxy,
  host: string,
  cleanup: Cleanup,
): () => Load | undefined {
  const clock = realClock();
  const target = { clock, port, host, path: '/color' };
  let load: Load | undefined;
  let timer: TimerHandle | undefined;
  const attempt = async (): Promise<void> => {
    if (await isServed(target)) load = startLoad({ ...target, requestsPerSecond: rate });
    else timer = clock.schedule(100, () => void attempt());
  };
  void attempt();
  cleanup.add(() => {
    timer?.cancel();
    load?.stop();
  });
  return () => load;
}

async function applyFolder(cluster: Cluster, path: string): Promise<string[]> {
  const { applied, problems } = await applyManifests(cluster.transport(), path);
  const told = problems.map(formatManifestProblem);
  for (const object of applied) process.stdout.write(`applied ${object}\n`);
  for (const line of told) process.stderr.write(`${line}\n`);
  return told;
}

function linksOf(proxy: ReverseProxy, demo: Demo | undefined, front: ApiServerFront, instance: Instance) {
  const services = (demo?.services ?? []).map((service) => ({
    label: service.replace(/^.*-/, ''),
    url: `http://${serviceHost(service, demo?.namespace ?? 'default', proxy.port)}/`,
  }));
  const page = { label: 'page', url: `http://${demo?.host(proxy.port) ?? `localhost:${proxy.port}`}/` };
  return [
    page,
    ...services.filter(({ url }) => url !== page.url),
    { label: 'API', url: `${front.url} (${instance.kubeconfigPath})` },
  ];
}

function makeView({ plain }: StartOptions): View {
  if (!plain && process.stdout.isTTY && process.env.NO_COLOR === undefined) return makeTerminalView(process.stdout);
  return makePlainView(
    (line) => process.stdout.write(`${line}\n`),
    () => Date.now(),
  );
}

/** Resolves when a signal asks for the end, or the process that started this one is gone. */
function endOfProcess(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const end = (): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
    watchParent(end);
    // A reader that went away (`npm start | head`) ends it as well.
    process.stdout.on('error', end);
  });
}

/** Rejects when something goes wrong that nobody has thought of: the terminal is put right all the same. */
function crash(): Promise<never> {
  return new Promise((_, reject) => {
    let isTold = false;
    const fail = (problem: unknown): void => {
      if (isTold) return; // what comes of it
      isTold = true;
      const file = join(projectFolder, '.slipway', 'crash.log');
      writeFileSync(file, `${new Date().toISOString()} ${inspect(problem)}\n`, { mode: 0o600 });
      const message = problem instanceof Error ? problem.message : String(problem);
      reject(new Error(`${message}\nThis is a mistake in Slipway itself: please report it with ${file}`));
    };
    process.on('uncaughtException', fail);
    process.on('unhandledRejection', fail);
  });
}

function tell(stream: NodeJS.WriteStream, text: string, code: number): number {
  stream.write(text);
  return code;
}

process.exitCode = await main(process.argv.slice(2));
process.exit();
