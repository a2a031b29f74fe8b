// Which program does an image hold? `argoproj/rollouts-demo:<colour>` answers with its colour (`bad-` with errors,
// `slow-` late); any other image answers 200 and says who it is. Every answer names pod, image and version in headers,
// so that the load can count them.

import { readFileSync } from 'node:fs';
import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
import type { Random } from '../../controller/lang/time.ts';
import { portsOf } from '../machinery/ports.ts';
import { exitOf } from './command.ts';
import { probePorts } from './probe.ts';
import type { PodApp, PodRequest, PodResponse } from './runtime.ts';
import type { PodScript } from './script.ts';

/** Of the requests to a `bad-` image. */
const badErrorShare = 0.5;
/** Of the answers of a `slow-` image. */
const slowLatencyMs = 2000;

export interface Program {
  readonly app: PodApp;
  /** `anyPort`: on every one that nobody else of the pod has, since the container declares none. */
  readonly ports: readonly (number | typeof anyPort)[];
  /** Whether a path answers the same each time. */
  isSteady(path: string): boolean;
  /** What it writes to its log when it starts; a command that ends by itself serves nothing, and does not say so. */
  readonly banner: string | undefined;
}

export const anyPort = '*';

export function makeProgram(pod: Pod, container: Container, script: PodScript, random: Random): Program {
  const image = container.image ?? '';
  const { name, tag } = splitImage(image);
  const declared = portsOf(container).map(({ containerPort }) => containerPort);
  const headers = {
    'x-slipway-pod': pod.metadata.name ?? '',
    'x-slipway-image': image,
    'x-slipway-pod-template-hash':
      pod.metadata.labels?.['rollouts-pod-template-hash'] ?? pod.metadata.labels?.['pod-template-hash'] ?? '',
  };
  if (name === 'argoproj/rollouts-demo' || name.endsWith('/argoproj/rollouts-demo')) {
    const demo = readDemoTag(tag);
    const errorShare = script.errorShare ?? percentOf(container, 'ERROR_RATE') ?? demo.errorShare;
    const latencyMs = script.latencyMs ?? secondsOf(container, 'LATENCY') ?? demo.latencyMs;
    const app = demoApp({ ...headers, 'x-slipway-version': demo.colour }, demo.colour, errorShare, latencyMs, random);
    return {
      app,
      ports: declared.length > 0 ? declared : [8080],
      isSteady: (path) => !isBetween(errorShare) || !path.startsWith('/color'),
      banner: `rollouts-demo: serving ${demo.colour}`,
    };
  }
  const app = genericApp({ ...headers, 'x-slipway-version': tag }, pod, image, script, random);
  return {
    app,
    ports: declared.length > 0 ? [...new Set([...declared, ...probePorts(container)])] : [anyPort],
    isSteady: () => !isBetween(script.errorShare ?? 0),
    banner: exitOf(container) === undefined ? `serving for ${image}` : undefined,
  };
}

function isBetween(share: number): boolean {
  return share > 0 && share < 1;
}

interface Demo {
  readonly colour: string;
  readonly errorShare: number;
  readonly latencyMs: number;
}

/** `yellow`, `bad-yellow`, `slow-yellow`. */
export function readDemoTag(tag: string): Demo {
  const [, variant = '', colour = tag] = /^(?:(bad|slow)-)?(.*)$/.exec(tag) ?? [];
  return {
    colour,
    errorShare: variant === 'bad' ? badErrorShare : 0,
    latencyMs: variant === 'slow' ? slowLatencyMs : 0,
  };
}

type Headers = Readonly<Record<string, string>>;

function demoApp(headers: Headers, colour: string, errorShare: number, latencyMs: number, random: Random): PodApp {
  return (request) => {
    const path = request.path.split('?', 1)[0];
    if (path === '/color') {
      const failed = errorShare > 0 && random.next() < errorShare;
      return json(headers, failed ? 500 : 200, colour, latencyMs);
    }
    if (path === '/' || path === '/index.html') {
      return { status: 200, headers: { ...headers, ...html }, body: demoPage(), latencyMs: 0 };
    }
    if (path === '/healthz') return json(headers, 200, 'ok', 0);
    return json(headers, 404, `nothing is served at ${path}`, 0);
  };
}

function genericApp(headers: Headers, pod: Pod, image: string, script: PodScript, random: Random): PodApp {
  const { name, namespace } = pod.metadata;
  return (request: PodRequest): PodResponse => {
    const failed = (script.errorShare ?? 0) > 0 && random.next() < (script.errorShare ?? 0);
    const body = { pod: name, namespace, image, method: request.method, path: request.path };
    return json(headers, failed ? 500 : 200, body, script.latencyMs ?? 0);
  };
}

const html = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };

function json(headers: Headers, status: number, body: unknown, latencyMs: number): PodResponse {
  const type = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers: { ...headers, ...type }, body: JSON.stringify(body), latencyMs };
}

let page: string | undefined;

function demoPage(): string {
  page ??= readFileSync(new URL('demo-page.html', import.meta.url), 'utf8');
  return page;
}

/** `registry:5000/team/app:1@sha256:…` → name and tag (`latest` without one). */
export function splitImage(image: string): { readonly name: string; readonly tag: string } {
  const [reference = ''] = image.split('@', 1);
  const colon = reference.lastIndexOf(':');
  if (colon <= reference.lastIndexOf('/')) return { name: reference, tag: 'latest' };
  return { name: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

/** The demo image's own environment variables: ERROR_RATE in percent, LATENCY in seconds. */
function envOf(container: Container, name: string): number | undefined {
  const variables = (container.env ?? []) as readonly { readonly name: string; readonly value?: string }[];
  const value = variables.find((variable) => variable.name === name)?.value;
  const number = Number(value);
  return value === undefined || value === '' || Number.isNaN(number) ? undefined : number;
}

function percentOf(container: Container, name: string): number | undefined {
  const value = envOf(container, name);
  return value === undefined ? undefined : value / 100;
}

function secondsOf(container: Container, name: string): number | undefined {
  const value = envOf(container, name);
  return value === undefined ? undefined : value * 1000;
}
