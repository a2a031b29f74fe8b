// Where Jobs of metrics run when ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG says so (analysis.md §5.3): a cluster of its own,
// reached by that file, or by the pod's service account where the word is `in-cluster`.

import type { ClusterAccess } from '../kubernetes/cluster-access.ts';
import type { Fence } from '../kubernetes/fence.ts';
import { createHttpTransport } from '../kubernetes/http-transport.ts';
import { loadClusterAccess } from '../kubernetes/kubeconfig.ts';
import type { Transport } from '../kubernetes/transport.ts';
import { createWriter, type Writer } from '../kubernetes/writer.ts';
import type { Clock, Random } from '../lang/time.ts';
import { userAgent } from '../telemetry/version.ts';

export interface JobCluster {
  readonly transport: Transport;
  readonly writer: Writer;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined: Jobs run where the run lives. Rejects with one line where the file is of no use. */
export async function connectJobCluster(
  environment: Environment,
  deps: { readonly clock: Clock; readonly random: Random; readonly fence: Fence },
): Promise<JobCluster | undefined> {
  const place = environment.ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG;
  if (!place) return undefined;
  const { clock, random, fence } = deps;
  const transport = createHttpTransport({ access: await accessTo(place, environment), clock, random, userAgent });
  return {
    transport,
    writer: createWriter({ transport, fence, fieldManager: 'rollouts-controller', sinkOf: () => undefined }),
  };
}

function accessTo(place: string, environment: Environment): Promise<ClusterAccess> {
  if (place !== 'in-cluster') return loadClusterAccess({ kubeconfig: place }, environment);
  const { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT } = environment;
  // Without any file there is only the service account.
  return loadClusterAccess({}, { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT, HOME: '/nonexistent' });
}
