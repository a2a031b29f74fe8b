// Writes core/v1 events about objects. A repetition of the same text about the same object raises the count of the
// first event instead of adding one, as client-go's recorder does. What cannot be written is reported, never retried:
// an event is news, not state.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { Clock } from '../../controller/lang/time.ts';
import { type KubeClient, statusOf } from './client.ts';
import { resources } from './resources.ts';

export interface EventRecorder {
  event(about: KubernetesObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

interface Known {
  readonly name: string;
  readonly count: number;
}

/** How many texts are remembered for counting; the oldest are forgotten first. */
const rememberedCount = 4096;

export function createEventRecorder(options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** `source.component` of the events. */
  readonly component: string;
  readonly host?: string;
  report(problem: Error): void;
}): EventRecorder {
  const { client, clock, component } = options;
  const known = new Map<string, Known>();
  let sequence = 0;
  let tail: Promise<void> = Promise.resolve();

  async function write(about: KubernetesObject, type: string, reason: string, message: string): Promise<void> {
    const { name = '', namespace = 'default', uid } = about.metadata;
    const id = [uid, type, reason, message].join('\n');
    const now = formatRfc3339(clock.now());
    const seen = known.get(id);
    if (seen !== undefined) {
      const count = seen.count + 1;
      known.set(id, { ...seen, count });
      try {
        await client.patch(resources.events, namespace, seen.name, { count, lastTimestamp: now });
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
    known.delete(id);
    known.set(id, { name: eventName, count: 1 });
    for (const oldest of known.keys()) {
      if (known.size <= rememberedCount) break;
      known.delete(oldest);
    }
  }

  /** Names are the object's and a moment; two recorders may hit upon the same one. */
  async function create(about: string, namespace: string, content: object): Promise<string> {
    for (;;) {
      const name = `${about}.${(clock.now() * 4096 + (sequence++ % 4096)).toString(16)}`;
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
    event(about, type, reason, message) {
      tail = tail.then(() =>
        write(about, type, reason, message).catch((problem: unknown) => {
          const status = statusOf(problem);
          // A namespace that goes takes no events any more.
          if (status === 403 || status === 404) return;
          options.report(new Error(`event ${reason}: ${(problem as Error).message}`, { cause: problem }));
        }),
      );
    },
  };
}
