// Writes down what happens in a namespace of the sandbox, in the shape of a recorded trace.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Transport, WatchFrame } from '../../controller/kubernetes/transport.ts';
import type { Clock } from '../../controller/lang/time.ts';
import { withoutUids, withRelativeTimes } from './normalise.ts';
import { append, type Fields, type History, type TraceEvent, type Version } from './trace.ts';

/** Kinds of which every version is written down, with their collections. */
const recordedKinds: Readonly<Record<string, string>> = {
  Rollout: 'apis/argoproj.io/v1alpha1/namespaces/NS/rollouts',
  ReplicaSet: 'apis/apps/v1/namespaces/NS/replicasets',
  Service: 'api/v1/namespaces/NS/services',
  Ingress: 'apis/networking.k8s.io/v1/namespaces/NS/ingresses',
  Deployment: 'apis/apps/v1/namespaces/NS/deployments',
  Experiment: 'apis/argoproj.io/v1alpha1/namespaces/NS/experiments',
  AnalysisRun: 'apis/argoproj.io/v1alpha1/namespaces/NS/analysisruns',
  Job: 'apis/batch/v1/namespaces/NS/jobs',
};
const eventedKinds = ['Rollout', 'AnalysisRun', 'Experiment'];

interface CoreEvent extends KubernetesObject {
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
}

export interface Recorder {
  /** The world as it stands now, times relative. */
  readonly world: ReadonlyMap<string, Fields>;
  history(): History;
  stop(): void;
}

export function startRecorder(transport: Transport, clock: Clock, namespace: string, startMs: number): Recorder {
  const world = new Map<string, Fields>();
  const objects = new Map<string, Version[]>();
  const events = new Map<string, TraceEvent[]>();
  const counts = new Map<string, number>();
  const atMs = () => clock.now() - startMs;
  let row = 0;

  function objectFrame(kind: string, { type, object }: WatchFrame): void {
    if (type === 'BOOKMARK' || type === 'ERROR') return;
    const { metadata } = object as KubernetesObject;
    const key = withoutUids(`${kind}/${metadata.name}`);
    const version = type === 'DELETED' ? undefined : (withRelativeTimes(object, startMs) as Fields);
    if (version) world.set(key, version);
    else world.delete(key);
    row += 1;
    append(objects, key, { atMs: atMs(), row, object: version });
  }

  function eventFrame({ type, object }: WatchFrame): void {
    if (type !== 'ADDED' && type !== 'MODIFIED') return;
    const event = object as CoreEvent;
    const { involvedObject, reason, message, count = 1, metadata } = event;
    if (!eventedKinds.includes(involvedObject.kind)) return;
    const known = counts.get(metadata.name ?? '') ?? 0;
    counts.set(metadata.name ?? '', count);
    for (let occurrence = known + 1; occurrence <= count; occurrence += 1) {
      const on = `${involvedObject.kind}/${involvedObject.name}`;
      append(events, on, { atMs: atMs(), type: event.type, reason, message, count: occurrence });
    }
  }

  const follow = (path: string, frame: (frame: WatchFrame) => void) =>
    transport.watch(
      { verb: 'GET', path: `/${path.replace('NS', namespace)}`, query: { timeoutSeconds: 100_000 } },
      {
        frame,
        closed(problem) {
          throw problem ?? new Error(`the watch of ${path} ended`);
        },
      },
    );
  const watches = [
    ...Object.entries(recordedKinds).map(([kind, path]) => follow(path, (frame) => objectFrame(kind, frame))),
    follow('api/v1/namespaces/NS/events', eventFrame),
  ];
  return {
    world,
    history: () => ({ objects: copied(objects), events: copied(events), endMs: atMs() }),
    stop() {
      for (const watch of watches) watch.cancel();
    },
  };
}

/** What is recorded later is no part of it. */
function copied<T>(lists: ReadonlyMap<string, readonly T[]>): Map<string, readonly T[]> {
  return new Map([...lists].map(([key, list]) => [key, [...list]]));
}
