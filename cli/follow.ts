// Following objects of the cluster for a watch mode: informers of the kubernetes layer, whose troubles become warnings
// on stderr. What was followed keeps its last state when the server is away (spec/cli.md §11, "watch recovery").

import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import { decodeObject } from '../controller/kubernetes/decode.ts';
import { createInformer, type Informer } from '../controller/kubernetes/informer.ts';
import type { Logger } from '../controller/kubernetes/log.ts';
import { apiVersionOf, type Resource } from '../controller/kubernetes/resource.ts';
import type { Cluster } from './cluster.ts';
import { messageOfError } from './errors.ts';
import type { CliIo } from './io.ts';

export interface FollowOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly allNamespaces?: boolean;
  /** A kind that is not installed counts as an empty one. */
  readonly optional?: boolean;
  readonly onProblem: (problem: string) => void;
}

/** Started; its owner stops `reflector`. */
export function follow<T extends KubernetesObject>(
  { transport, namespace }: Cluster,
  io: CliIo,
  resource: Resource,
  { allNamespaces, onProblem, ...options }: FollowOptions,
): Informer<T> {
  const informer = createInformer<T>({
    transport,
    clock: io.clock,
    random: io.random,
    log: warningLogger(onProblem),
    resource,
    ...(allNamespaces ? {} : { namespace }),
    ...options,
    decode: decodeObject<T>({ apiVersion: apiVersionOf(resource), kind: resource.kind }),
  });
  informer.reflector.start();
  return informer;
}

/** Tells each problem once, however many kinds have it and however often; again after `forget`. */
export function problemTeller(io: CliIo): { readonly tell: (problem: string) => void; readonly forget: () => void } {
  const told = new Set<string>();
  return {
    tell: (problem) => {
      if (told.has(problem)) return;
      told.add(problem);
      io.stderr.write(`warning: ${problem}\n`);
    },
    forget: () => told.clear(),
  };
}

function warningLogger(warn: (problem: string) => void): Logger {
  const tell = (fields: object): void => {
    const { problem, err } = fields as { problem?: string; err?: unknown };
    warn(problem ?? messageOfError(err));
  };
  const silent = (): void => undefined;
  return {
    trace: silent,
    debug: silent,
    info: silent,
    warn: tell,
    error: tell,
    child: () => warningLogger(warn),
  };
}

/** Resolves when the command is interrupted; never without a signal. */
export function interruption(io: CliIo): Promise<void> {
  return new Promise((resolve) => {
    if (io.signal?.aborted) resolve();
    else io.signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
