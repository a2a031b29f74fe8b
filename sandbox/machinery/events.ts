// Writes core/v1 events about objects. What is told again, what is combined and what is dropped is event-correlation.ts.
// What cannot be written is reported, never retried: an event is news, not state.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { Clock } from '../../controller/lang/time.ts';
import { type KubeClient, statusOf } from './client.ts';
import { EventCorrelation, type EventText } from './event-correlation.ts';
import { resources } from './resources.ts';

export interface EventRecorder {
  /** `fieldPath` names the part of the object that is meant, e.g. `spec.containers{main}`. */
  event(about: KubernetesObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void;
}

export function createEventRecorder(options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** `source.component` of the events. */
  readonly component: string;
  readonly host?: string;
  report(problem: Error): void;
}): EventRecorder {
  const { client, clock, component } = options;
  const correlation = new EventCorrelation();
  const names = namesOf(clock);
  let tail: Promise<void> = Promise.resolve();

  async function write(about: KubernetesObject, told: EventText): Promise<void> {
    const { name = '', namespace = 'default', uid = '' } = about.metadata;
    const correlated = correlation.take(`${about.kind}/${namespace}/${name}/${uid}`, told, clock.now());
    if (correlated === undefined) return;
    const { type, reason, fieldPath } = told;
    const { key, message, known } = correlated;
    const now = formatRfc3339(clock.now());
    if (known !== undefined) {
      try {
        const patch = { count: known.count, lastTimestamp: now, message };
        await client.patch(resources.events, namespace, known.name, patch);
        return;
      } catch (problem) {
        if (statusOf(problem) !== 404) throw problem; // gone: told anew below
      }
    }
    const eventName = await create(name, namespace, {
      involvedObject: {
        kind: about.kind,
        namespace: about.metadata.namespace,
        name,
        uid,
        apiVersion: about.apiVersion,
        resourceVersion: about.metadata.resourceVersion,
        fieldPath,
      },
      reason,
      message,
      source: { component, ...(options.host !== undefined && { host: options.host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: options.host ?? '',
    });
    correlation.written(key, eventName);
  }

  /** Names are the object's and a moment; other processes may hit upon the same one. */
  async function create(about: string, namespace: string, content: object): Promise<string> {
    for (;;) {
      const name = `${about}.${names.next(clock.now())}`;
      try {
        const metadata = { name, namespace };
        await client.create(resources.events, namespace, { apiVersion: 'v1', kind: 'Event', metadata, ...content });
        return name;
      } catch (problem) {
        if (statusOf(problem) !== 409) throw problem;
      }
    }
  }

  return {
    event(about, type, reason, message, fieldPath) {
      tail = tail.then(() =>
        write(about, { type, reason, message, fieldPath }).catch((problem: unknown) => {
          const status = statusOf(problem);
          // A namespace that goes takes no events any more.
          if (status === 403 || status === 404) return;
          options.report(new Error(`event ${reason}: ${(problem as Error).message}`, { cause: problem }));
        }),
      );
    },
  };
}

/** Moments in nanoseconds, each later than the one before: in the order of their names events are in order of time. */
class EventNames {
  #last = 0n;

  next(now: number): string {
    const nanos = BigInt(Math.round(now)) * 1_000_000n;
    this.#last = nanos > this.#last ? nanos : this.#last + 1n;
    return this.#last.toString(16);
  }
}

const namesByClock = new WeakMap<Clock, EventNames>();

/** All recorders of one cluster draw from one row. */
function namesOf(clock: Clock): EventNames {
  let names = namesByClock.get(clock);
  if (names === undefined) {
    names = new EventNames();
    namesByClock.set(clock, names);
  }
  return names;
}
