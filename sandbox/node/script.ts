// How does a container behave? Its image, its command, an annotation and a fault script say it: can the image be
// pulled, does the process end by itself and with which code, does it ever get ready (spec/sandbox.md §1, node/).

import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';

/** What a fault script or the annotation may say of a pod; everything else follows from image and command. */
export interface PodScript {
  /** From the binding of the pod to its running containers. */
  readonly startDelayMs?: number;
  /** From running to ready, on top of the readiness probe's delay. */
  readonly readyDelayMs?: number;
  readonly neverReady?: boolean;
  /** The process ends after so long … */
  readonly exitAfterMs?: number;
  /** … with this code (default 1) … */
  readonly exitCode?: number;
  /** … so many times, then it stays (default: always). */
  readonly exitCount?: number;
  /** When probes fail, in seconds since the container's start: `20-35,60-`, `0-5/30` (script-failures.ts). */
  readonly startupFails?: string;
  readonly readinessFails?: string;
  readonly livenessFails?: string;
  /** From the deletion to the end of the processes; longer than the grace period: they are killed. */
  readonly terminateMs?: number;
  /** Share of requests answered with 500, 0 to 1. */
  readonly errorShare?: number;
  /** Time before each answer. */
  readonly latencyMs?: number;
}

export const scriptAnnotation = 'sandbox.slipway.dev/script';

/** The annotation's script; a text instead of it says what is wrong with it. */
export function readScript(pod: Pod): PodScript | string {
  const text = pod.metadata.annotations?.[scriptAnnotation];
  if (text === undefined) return {};
  try {
    const script: unknown = JSON.parse(text);
    if (typeof script === 'object' && script !== null && !Array.isArray(script)) return script as PodScript;
    return `the annotation ${scriptAnnotation} is not a JSON object`;
  } catch (problem) {
    return `the annotation ${scriptAnnotation} is not JSON: ${(problem as Error).message}`;
  }
}

export type Pull = 'ok' | 'missing' | 'invalid';

const domain =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?/)?';
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const reference = new RegExp(
  `^${domain}${component}(?:/${component})*(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** By the grammar of image references (distribution/reference); `missing` and `does-not-exist` are known to be absent. */
export function pullOf(image: string): Pull {
  if (!reference.test(image)) return 'invalid';
  return image.includes('missing') || image.includes('does-not-exist') ? 'missing' : 'ok';
}

export interface Exit {
  readonly afterMs: number;
  readonly code: number;
}

/** What a process needs to begin: a `sleep 1` ends a little later than a second after its start. */
export const processStartMs = 10;

/** When and how the container's command ends by itself; undefined when it runs on (or is not understood). */
export function exitOf(container: Container): Exit | undefined {
  const words = [...((container.command ?? []) as string[]), ...((container.args ?? []) as string[])];
  if (words.length === 0) return undefined;
  const isShell = /^(?:.*\/)?(?:ba|da|a)?sh$/.test(words[0] ?? '') && words[1]?.endsWith('c') === true;
  if (!isShell) return runSimple(words);
  let afterMs = 0;
  let code = 0;
  // `&&` goes on after success, `||` after failure, `;` and a new line always: enough for what tests and jobs say.
  for (const [, glue = '', text = ''] of (words[2] ?? '').matchAll(/(^|&&|\|\||;|\n)([^;&|\n]*)/g)) {
    const command = text.trim();
    if (command === '' || (glue === '&&' && code !== 0) || (glue === '||' && code === 0)) continue;
    const exit = runSimple(command.split(/\s+/));
    if (exit === undefined) return undefined;
    afterMs += exit.afterMs;
    code = exit.code;
    if (command.startsWith('exit')) break;
  }
  return { afterMs, code };
}

function runSimple(words: readonly string[]): Exit | undefined {
  const name = (words[0] ?? '').replace(/^.*\//, '');
  if (name === 'true' || name === 'echo' || name === ':') return { afterMs: 0, code: 0 };
  if (name === 'false') return { afterMs: 0, code: 1 };
  if (name === 'exit') return { afterMs: 0, code: Number(words[1] ?? 0) };
  if (name !== 'sleep') return undefined;
  const [, amount, unit = 's'] = /^([0-9.]+)([smhd]?)$/.exec(words[1] ?? '') ?? [];
  if (amount === undefined) return undefined; // `sleep infinity`
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit || 's'] ?? 1000;
  return { afterMs: Number(amount) * unitMs, code: 0 };
}

/** A tag or name with `crash` ends with code 1 a second after each start. */
export function crashOf(image: string): Exit | undefined {
  return image.includes('crash') ? { afterMs: 1000, code: 1 } : undefined;
}
