// What the process knows of AnalysisRuns and templates, in one store each that all controllers share (operations.md §6).
// QUIRK: templates without the instance's label are "not found".

import { apiVersion, instanceIdLabel } from '../api/constants.ts';
import type { KubernetesObject } from '../api/kubernetes-types.ts';
import type { AnalysisRun, AnalysisTemplate } from '../api/types.generated.ts';
import { decodeObject } from '../kubernetes/decode.ts';
import { createInformer, type Informer } from '../kubernetes/informer.ts';
import type { Logger } from '../kubernetes/log.ts';
import type { Resource } from '../kubernetes/resource.ts';
import { type Follow, shareInformer, unwatched } from '../kubernetes/shared-informer.ts';
import type { IndexFunction } from '../kubernetes/store.ts';
import type { Transport } from '../kubernetes/transport.ts';
import type { Clock, Random } from '../lang/time.ts';
import { analysisRuns, analysisTemplates, clusterAnalysisTemplates } from './resources.ts';

export interface AnalysisInformers {
  /** With the index `owner`: the uid of the controller. */
  readonly runs: Follow<AnalysisRun>;
  readonly templates: Follow<AnalysisTemplate>;
  /** Empty where one namespace is watched: nothing of the cluster's scope may be asked for then (§6.1). */
  readonly clusterTemplates: Follow<AnalysisTemplate>;
}

export interface AnalysisInformersOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly namespace: string | undefined;
  readonly instanceId: string;
  readonly resyncMs: number;
  readonly onRestart: (resource: string, reason: string) => void;
}

export function createAnalysisInformers(options: AnalysisInformersOptions): AnalysisInformers {
  const { namespace, instanceId, resyncMs, ...common } = options;
  const labelSelector = instanceId ? `${instanceIdLabel}=${instanceId}` : `!${instanceIdLabel}`;
  function informer<T extends KubernetesObject>(
    resource: Resource,
    more: Partial<{ resyncMs: number; indexes: Indexes<T> }> = {},
  ): Informer<T> {
    return createInformer<T>({
      ...common,
      ...more,
      resource,
      labelSelector,
      optional: true,
      decode: decodeObject<T>({ apiVersion, kind: resource.kind }),
      ...(namespace === undefined ? {} : { namespace }),
    });
  }
  const owner = (run: AnalysisRun) => run.metadata.ownerReferences?.filter((o) => o.controller).map((o) => o.uid) ?? [];
  const ofCluster = informer<AnalysisTemplate>(clusterAnalysisTemplates);
  return {
    runs: shareInformer(informer<AnalysisRun>(analysisRuns, { resyncMs, indexes: { owner } })),
    templates: shareInformer(informer<AnalysisTemplate>(analysisTemplates)),
    clusterTemplates: shareInformer(namespace === undefined ? ofCluster : unwatched(ofCluster)),
  };
}

type Indexes<T> = Readonly<Record<string, IndexFunction<T>>>;
