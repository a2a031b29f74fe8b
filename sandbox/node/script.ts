// How does a pod behave? Its images, an annotation and a fault script say it: can the image be pulled, does the process
// end by itself and with which code, does it ever get ready (spec/sandbox.md §1, node/). What a command does: command.ts.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { parseFailures } from './script-failures.ts';

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

type FieldKind =
  | 'a time in milliseconds'
  | 'a whole number'
  | 'true or false'
  | 'a share from 0 to 1'
  | 'times as in 20-35,60-';

const fields: Readonly<Record<keyof PodScript, FieldKind>> = {
  startDelayMs: 'a time in milliseconds',
  readyDelayMs: 'a time in milliseconds',
  neverReady: 'true or false',
  exitAfterMs: 'a time in milliseconds',
  exitCode: 'a whole number',
  exitCount: 'a whole number',
  startupFails: 'times as in 20-35,60-',
  readinessFails: 'times as in 20-35,60-',
  livenessFails: 'times as in 20-35,60-',
  terminateMs: 'a time in milliseconds',
  errorShare: 'a share from 0 to 1',
  latencyMs: 'a time in milliseconds',
};

const isKind: Readonly<Record<FieldKind, (value: unknown) => boolean>> = {
  'a time in milliseconds': (value) => typeof value === 'number' && value >= 0,
  'a whole number': (value) => Number.isInteger(value) && (value as number) >= 0,
  'true or false': (value) => typeof value === 'boolean',
  'a share from 0 to 1': (value) => typeof value === 'number' && value >= 0 && value <= 1,
  'times as in 20-35,60-': (value) => typeof value === 'string' && parseFailures(value) !== undefined,
};

/** The annotation's script; a text instead of it says what is wrong with it. */
export function readScript(pod: Pod): PodScript | string {
  const text = pod.metadata.annotations?.[scriptAnnotation];
  if (text === undefined) return {};
  const problem = (what: string): string => `the annotation ${scriptAnnotation} ${what}, so nothing of it counts`;
  let script: unknown;
  try {
    script = JSON.parse(text);
  } catch (error) {
    return problem(`is not JSON (${(error as Error).message})`);
  }
  if (typeof script !== 'object' || script === null || Array.isArray(script)) return problem('is not a JSON object');
  for (const [name, value] of Object.entries(script)) {
    if (!Object.hasOwn(fields, name))
      return problem(`has the field ${name}, known are ${Object.keys(fields).join(', ')}`);
    const kind = fields[name as keyof PodScript];
    if (!isKind[kind](value)) return problem(`has ${name}: ${JSON.stringify(value)}, but needs ${kind} there`);
  }
  return script as PodScript;
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
