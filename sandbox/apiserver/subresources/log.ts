// pods/log: what a container wrote, and with `follow` what it writes until it ends (kubectl logs -f).

import { type Call, keyOf, readOrRefuse, resourceOf } from '../call.ts';
import { at, text } from '../json.ts';
import { numberAt, objectsAt, textAt } from '../kinds/fields.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { badRequest } from '../refusals.ts';
import type { ApiResponse, PodLogRequest, PodLogs, TextStream } from '../types.ts';

export async function readLog(call: Call, name: string, logs: PodLogs | undefined): Promise<ApiResponse> {
  const pod = readOrRefuse(call, name);
  const request = readRequest(call, pod, name);
  const headers = { 'content-type': 'text/plain' };
  const past = (await logs?.read(request)) ?? '';
  const isFollowed = call.query.flag('follow') && !request.previous && logs?.follow !== undefined;
  if (!isFollowed || isOver(pod, request.container)) return { status: 200, headers, body: past };
  return { status: 200, headers, textStream: follow(call, pod, request, logs, past) };
}

function readRequest(call: Call, pod: ApiObject, name: string): PodLogRequest {
  const { query } = call;
  const names = [...objectsAt(pod, 'spec', 'initContainers'), ...objectsAt(pod, 'spec', 'containers')].map(
    (container) => text(container.name),
  );
  const own = objectsAt(pod, 'spec', 'containers').map((container) => text(container.name));
  const asked = query.get('container');
  if (asked !== '' && !names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
  if (asked === '' && own.length > 1) {
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${own.join(' ')}]`);
  }
  const container = asked || own[0];
  const previous = query.flag('previous');
  const restarts = numberAt(statusOf(pod, container), 'restartCount') ?? 0;
  if (previous && restarts === 0) {
    throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
  }
  return {
    namespace: call.namespace ?? '',
    pod: name,
    container,
    previous,
    tailLines: query.integer('tailLines'),
    sinceSeconds: query.integer('sinceSeconds') ?? secondsSince(query.get('sinceTime'), call.context.now),
    timestamps: query.flag('timestamps'),
  };
}

function secondsSince(time: string, now: number): number | undefined {
  if (time === '') return undefined;
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw badRequest(`unable to decode query: parsing time ${JSON.stringify(time)} failed`);
  return Math.max(0, Math.ceil((now - at) / 1000));
}

function statusOf(pod: ApiObject, container: string | undefined): JsonObject | undefined {
  return objectsAt(pod, 'status', 'containerStatuses').find(({ name }) => name === container);
}

/** It writes nothing more. */
function isOver(pod: ApiObject, container: string | undefined): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return (
    phase === 'Succeeded' || phase === 'Failed' || at(statusOf(pod, container), 'state', 'terminated') !== undefined
  );
}

/** Ends with the container: when it has ended, was started again, or its pod is gone. */
function follow(call: Call, pod: ApiObject, request: PodLogRequest, logs: PodLogs, past: string): TextStream {
  const { storage } = call.machinery;
  const restarts = numberAt(statusOf(pod, request.container), 'restartCount') ?? 0;
  return {
    start(sink) {
      sink.text(past);
      const stopLines = logs.follow?.(request, (line) => sink.text(line)) ?? (() => undefined);
      const stopEvents = storage.subscribe(resourceOf(call.kind), ({ key, type, object }) => {
        if (key !== keyOf(pod)) return;
        const now = numberAt(statusOf(object, request.container), 'restartCount') ?? 0;
        if (type !== 'DELETED' && now === restarts && !isOver(object, request.container)) return;
        cancel();
        // The last lines were written before the status; they are out by then.
        queueMicrotask(() => sink.end());
      });
      const cancel = (): void => {
        stopLines();
        stopEvents();
      };
      return { cancel };
    },
  };
}
