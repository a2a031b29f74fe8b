// When is a write that was refused tried again (design.md §5, "Error classes"; operations.md §20.1)? Until then it is not
// planned, nor is what comes after it in a wave that it would end: no refusal makes a hot loop, and none is forgotten.

import { because, type Reason } from '../../explain/reasons.ts';
import { fnv1a32 } from '../../lang/fnv.ts';
import type { EpochMillis } from '../../lang/time.ts';
import type { EventRecord, Ledger, Outcome, Write } from '../types.ts';
import { events } from './events.ts';

/** Rights are granted by people. */
const deniedMs = 30_000;
/** What the server does not accept: the same again seldom helps, but a webhook or a policy may have changed. */
const invalid = { firstMs: 1000, longestMs: 60_000 };
const unreachable = { firstMs: 100, longestMs: 10_000 };

/** The first instant at which the write is tried again; undefined: at once. */
export function retryAt({ problem, triedAt, attempts }: Outcome): EpochMillis | undefined {
  if (triedAt === undefined) return undefined;
  switch (problem.class) {
    case 'denied':
      return triedAt + deniedMs;
    case 'invalid':
      return triedAt + backOffMs(invalid, attempts);
    case 'throttled':
      return triedAt + (problem.retryAfterMs ?? backOffMs(invalid, attempts));
    case 'unreachable':
    case 'unknown':
      return triedAt + backOffMs(unreachable, attempts);
    case 'conflict':
    case 'exists':
    case 'gone':
      return undefined; // the world is another than the plan took it for: that is read, and planned anew
  }
}

function backOffMs({ firstMs, longestMs }: typeof unreachable, attempts: number): number {
  return Math.min(firstMs * 2 ** (attempts - 1), longestMs);
}

/** What a write is about, to tell whether it is still the one that was refused. Versions, events and order are no part of it. */
export function fingerprintOf(write: Write): number {
  const { events: _events, failureEvent: _failure, onFailure: _order, ...content } = write;
  return fnv1a32(JSON.stringify(content, (key, value) => (key === 'resourceVersion' ? undefined : value)));
}

export interface DueWrites {
  readonly writes: readonly Write[];
  readonly held: readonly HeldWrite[];
  /** A held write would end the wave: what was to follow it is left out, the status too. */
  readonly isCut: boolean;
}

export interface HeldWrite {
  readonly write: Write;
  readonly outcome: Outcome;
  readonly until: EpochMillis;
}

export function dueWrites(
  writes: readonly Write[],
  { outcomes, wavesWithoutChange }: Ledger,
  now: EpochMillis,
): DueWrites {
  const isHeardAgain = wavesWithoutChange === 0; // a change came in since: the API server answers
  const due: Write[] = [];
  const held: HeldWrite[] = [];
  for (const write of writes) {
    const outcome = outcomes[write.key];
    const until = outcome && heldUntil(write, outcome, isHeardAgain);
    if (outcome === undefined || until === undefined || until <= now) {
      due.push(write);
      continue;
    }
    held.push({ write, outcome, until });
    if (write.onFailure === 'stop') return { writes: due, held, isCut: true };
  }
  return { writes: due, held, isCut: false };
}

/** Another content may well be accepted where this one was not: an abort never waits for what was refused before. */
function heldUntil(write: Write, outcome: Outcome, isHeardAgain: boolean): EpochMillis | undefined {
  const { problem, about } = outcome;
  const isOther = problem.class === 'invalid' && about !== fingerprintOf(write);
  const isBack = isHeardAgain && (problem.class === 'unreachable' || problem.class === 'unknown');
  return isOther || isBack ? undefined : retryAt(outcome);
}

export function writeFailed(key: string, { problem, attempts, since }: Outcome, until?: EpochMillis): Reason {
  const data = { key, class: problem.class, message: problem.message, attempts };
  return because('writeFailed', data, { since, until });
}

/** The key of the refused write that a reason tells of. */
export function refusedKeyOf({ code, data }: Reason): string | undefined {
  if (code === 'writeFailed') return String(data.key);
  return code === 'evictionRefused' ? `evict/${data.pod}` : undefined;
}

/** What is told of a refusal as long as it lasts. That nobody answers is not told: nobody would hear it. */
export function refusalEvent({ write, outcome: { problem } }: HeldWrite): EventRecord | undefined {
  if (write.failureEvent) {
    const { message } = write.failureEvent;
    return { ...write.failureEvent, message: message.replaceAll('{error}', problem.message) };
  }
  if (write.kind === 'createReplicaSet') return undefined; // told with its condition
  if (problem.class !== 'denied' && problem.class !== 'invalid') return undefined;
  return { ...events.reconciliationError(problem.message), lasts: `write/${write.key}` };
}
