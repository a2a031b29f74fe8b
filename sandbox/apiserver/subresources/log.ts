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
  const limit = call.query.integer('limitBytes');
  const past = (await logs?.read(request)) ?? '';
  const isFollowed = call.query.flag('follow') && !request.previous && logs?.follow !== undefined;
  if (!isFollowed || isOver(pod, request.container)) return { status: 200, headers, body: upTo(limit, past) };
  const textStream = follow(call, pod, request, logs, past);
  return { status: 200, headers, textStream: limit === undefined ? textStream : limited(textStream, limit) };
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
  checkStarted(pod, name, container);
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

/** A container that never ran has written nothing; what it waits for is more useful than an empty log. */
function checkStarted(pod: ApiObject, name: string, container: string | undefined): void {
  if (textAt(pod, 'spec', 'nodeName') === '') throw badRequest(`pod ${name} does not have a host assigned`);
  const status = statusOf(pod, container);
  const waiting = textAt(status, 'state', 'waiting', 'reason');
  if (waiting === '' || at(status, 'lastState', 'terminated') !== undefined) return;
  const why = /^(ErrImagePull|ImagePullBackOff)$/.test(waiting) ? 'trying and failing to pull image' : waiting;
  throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${why}`);
}

function upTo(bytes: number | undefined, log: string): string {
  return bytes === undefined ? log : Buffer.from(log).subarray(0, bytes).toString('utf8');
}

function secondsSince(time: string, now: number): number | undefined {
  if (time === '') return undefined;
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw badRequest(`unable to decode query: parsing time ${JSON.stringify(time)} failed`);
  return Math.max(0, Math.ceil((now - at) / 1000));
}

function statusOf(pod: ApiObject, container: string | undefined): JsonObject | undefined {
  const own = objectsAt(pod, 'status', 'containerStatuses');
  return [...own, ...objectsAt(pod, 'status', 'initContainerStatuses')].find(({ name }) => name === container);
}

/** It writes nothing more. */
function isOver(pod: ApiObject, container: string | undefined): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return (
    phase === 'Succeeded' || phase === 'Failed' || at(statusOf(pod, container), 'state', 'terminated') !== undefined
  );
}

/** Ends when so many bytes were told. */
function limited(stream: TextStream, bytes: number): TextStream {
  return {
    start(sink) {
      let left = bytes;
      const handle = stream.start({
        text(text) {
          if (left <= 0) return;
          const part = upTo(left, text);
          left -= Buffer.byteLength(text);
          sink.text(part);
          if (left > 0) return;
          // The first lines come from within `start`.
          queueMicrotask(() => {
            handle.cancel();
            sink.end();
          });
        },
        end: () => left > 0 && sink.end(),
      });
      return handle;
    },
  };
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
