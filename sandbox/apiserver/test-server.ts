// For tests of the API server: one under the virtual clock, and short ways to ask it.

import assert from 'node:assert/strict';
import { VirtualClock } from '../clock.ts';
import { seededRandom } from '../random.ts';
import type { StatusBody } from './refusals.ts';
import { createApiServer } from './server.ts';
import type { ApiRequest, ApiResponse, ApiServer, ApiServerOptions, WatchFrame } from './types.ts';

export interface TestServer {
  readonly server: ApiServer;
  readonly clock: VirtualClock;
  ask(method: string, path: string, body?: unknown, more?: Partial<ApiRequest>): Promise<ApiResponse>;
  /** The body of an answer that must be 2xx. */
  ok<T>(method: string, path: string, body?: unknown, more?: Partial<ApiRequest>): Promise<T>;
  /** The Status of an answer that must be none of 2xx. */
  refusal(method: string, path: string, body?: unknown, more?: Partial<ApiRequest>): Promise<StatusBody>;
  /** A watch whose frames are collected. */
  watch(path: string, query?: Record<string, string>): Promise<Watched>;
}

export interface Watched {
  readonly frames: WatchFrame[];
  /** `ADDED a`, `MODIFIED a`, ... */
  told(): string[];
  isOver(): boolean;
  cancel(): void;
}

export interface TestObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly {
      readonly manager: string;
      readonly operation: string;
      readonly fieldsV1: object;
    }[];
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface TestList {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly TestObject[];
}

export const configMaps = '/api/v1/namespaces/default/configmaps';
export const merge = { headers: { 'content-type': 'application/merge-patch+json' } };

export function startTestServer(options: Partial<ApiServerOptions> = {}): TestServer {
  const clock = new VirtualClock();
  const server = createApiServer({
    clock,
    random: seededRandom(1),
    onUnexpected: (problem) => {
      throw problem;
    },
    ...options,
  });
  const ask: TestServer['ask'] = (method, path, body, more = {}) => {
    const [bare, query] = path.split('?') as [string, string?];
    return server.handle({ method, path: bare, query: query ?? '', body, ...more });
  };
  return {
    server,
    clock,
    ask,
    async ok<T>(method: string, path: string, body?: unknown, more?: Partial<ApiRequest>) {
      const response = await ask(method, path, body, more);
      assert.ok(response.status >= 200 && response.status < 300, JSON.stringify(response.body));
      return response.body as T;
    },
    async refusal(method, path, body, more) {
      const response = await ask(method, path, body, more);
      assert.ok(response.status >= 400, `${response.status}`);
      return response.body as StatusBody;
    },
    async watch(path, query = {}) {
      const { stream, body } = await server.handle({ method: 'GET', path, query: { ...query, watch: 'true' } });
      assert.ok(stream, JSON.stringify(body));
      const frames: WatchFrame[] = [];
      let over = false;
      const handle = stream.start({
        frame: (frame) => frames.push(frame),
        end: () => {
          over = true;
        },
      });
      await clock.settle();
      return {
        frames,
        told: () => frames.map(({ type, object }) => `${type} ${(object as TestObject).metadata?.name ?? ''}`.trim()),
        isOver: () => over,
        cancel: () => handle.cancel(),
      };
    },
  };
}

export function configMap(name: string, data: Record<string, string> = {}, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}
