// When do a container's probes fail by script? `20-35,60-` means from second 20 to 35 and from 60 on, counted from the
// container's start; `0-5/30` repeats every 30 s (a flapping probe). From the pod's script or the container's
// environment (SLIPWAY_READINESS_FAILS, …_LIVENESS_…, …_STARTUP_…).

import type { Container } from '../../controller/api/kubernetes-types.ts';
import type { ProbeKind } from './probe.ts';
import type { PodScript } from './script.ts';

export interface Failures {
  /** Milliseconds since the start, the end excluded. */
  readonly windows: readonly { readonly from: number; readonly to: number }[];
  readonly repeatMs: number | undefined;
}

const second = '\\d+(?:\\.\\d+)?';
const syntax = new RegExp(`^${second}-(?:${second})?(?:,${second}-(?:${second})?)*(?:/${second})?$`);

/** Undefined for what is not written like this. */
export function parseFailures(text: string): Failures | undefined {
  const plain = text.replace(/\s+/g, '');
  if (!syntax.test(plain)) return undefined;
  const [list = '', repeat] = plain.split('/');
  const windows = list.split(',').map((part) => {
    const [from = '', to = ''] = part.split('-');
    return { from: Number(from) * 1000, to: to === '' ? Number.POSITIVE_INFINITY : Number(to) * 1000 };
  });
  const repeatMs = repeat === undefined ? undefined : Number(repeat) * 1000;
  return repeatMs === 0 ? undefined : { windows, repeatMs };
}

export function failuresOf(container: Container, script: PodScript, kind: ProbeKind): Failures | undefined {
  const name = `SLIPWAY_${kind.toUpperCase()}_FAILS`;
  const variable = failureVariables(container).find((one) => one.name === name)?.value;
  const text = script[`${kind}Fails`] ?? variable;
  return text === undefined ? undefined : parseFailures(text);
}

/** What a user has written into the environment and nobody can read; it does not count. */
export function unreadableFailures(container: Container): string[] {
  return failureVariables(container)
    .filter(({ value }) => value !== undefined && parseFailures(value) === undefined)
    .map(
      ({ name, value }) =>
        `${name} of container ${container.name} is ${JSON.stringify(value)}, but needs times as in 20-35,60-`,
    );
}

interface Variable {
  readonly name: string;
  readonly value?: string;
}

function failureVariables(container: Container): readonly Variable[] {
  const variables = (container.env ?? []) as readonly Variable[];
  return variables.filter(({ name }) => /^SLIPWAY_(?:STARTUP|READINESS|LIVENESS)_FAILS$/.test(name));
}

/** The answer that long after the start, and until when it stays. */
export function scriptedAnswer(
  failures: Failures | undefined,
  sinceStartMs: number,
): { readonly ok: boolean; readonly untilMs: number } {
  if (failures === undefined) return { ok: true, untilMs: Number.POSITIVE_INFINITY };
  const { windows, repeatMs } = failures;
  const base = repeatMs === undefined ? 0 : Math.floor(sinceStartMs / repeatMs) * repeatMs;
  const time = sinceStartMs - base;
  const end = repeatMs ?? Number.POSITIVE_INFINITY;
  const inside = windows.find(({ from, to }) => time >= from && time < to);
  if (inside !== undefined) return { ok: false, untilMs: base + Math.min(inside.to, end) };
  const next = Math.min(end, ...windows.map(({ from }) => from).filter((from) => from > time));
  return { ok: true, untilMs: base + next };
}
