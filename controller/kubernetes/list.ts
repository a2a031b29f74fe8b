// All objects of a collection, read in pages; a page token that has expired begins the list anew (spec/kubernetes.md
// §2, "reflector").

import type { KubernetesList } from '../api/kubernetes-types.ts';
import { KubeError, type Transport } from './transport.ts';

export interface ListQuery {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** 500 unless told. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

const pagedAttempts = 2;

/** Every page's items go to `take` as soon as the page is there; a list that begins anew calls `restart` first. */
export async function listPages(
  transport: Transport,
  path: string,
  query: ListQuery,
  sink: { take(items: readonly unknown[]): void; restart(): void },
): Promise<{ readonly resourceVersion: string }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readPages(transport, path, query, attempt <= pagedAttempts, sink.take);
    } catch (error) {
      if (!isExpired(error) || attempt > pagedAttempts) throw error;
      sink.restart();
    }
  }
}

/** All items at once, for the few who need a small list, e.g. the pods of a selector. */
export async function listAll<T>(transport: Transport, path: string, query: ListQuery = {}): Promise<readonly T[]> {
  let items: T[] = [];
  await listPages(transport, path, query, {
    take: (page) => items.push(...(page as T[])),
    restart: () => {
      items = [];
    },
  });
  return items;
}

/** The version asked for is no longer known to the server: what was read must be read anew. */
export function isExpired(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone');
}

async function readPages(
  transport: Transport,
  path: string,
  query: ListQuery,
  paged: boolean,
  take: (items: readonly unknown[]) => void,
): Promise<{ readonly resourceVersion: string }> {
  let continueToken: string | undefined;
  for (;;) {
    const { body } = await transport.request({
      verb: 'GET',
      path,
      query: {
        labelSelector: query.labelSelector,
        fieldSelector: query.fieldSelector,
        limit: paged ? (query.pageSize ?? 500) : undefined,
        continue: continueToken,
      },
      ...(query.signal === undefined ? {} : { signal: query.signal }),
    });
    const { items, metadata } = requireList(body, path);
    take(items);
    if (metadata.continue === undefined || metadata.continue === '') {
      return { resourceVersion: metadata.resourceVersion ?? '' };
    }
    continueToken = metadata.continue;
  }
}

function requireList(body: unknown, path: string): KubernetesList<unknown> {
  const list = body as Partial<KubernetesList<unknown>> | null;
  if (typeof list !== 'object' || list === null || typeof list.metadata !== 'object') {
    throw new KubeError({ status: 0, reason: 'Unreachable', message: `the answer to GET ${path} is not a list` });
  }
  // Go writes an empty list as null.
  return { metadata: list.metadata, items: list.items ?? [] };
}
