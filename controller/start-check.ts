// Does starting make sense? Asked once, before anything listens: is there an API server that accepts us, and does it
// serve the kinds that are worked on (operations.md §15.4)? Every "no" is one clear line.

import { apiVersion } from './api/constants.ts';
import type { Logger } from './kubernetes/log.ts';
import { KubeError, type Transport } from './kubernetes/transport.ts';

/** Starting makes no sense; the message is one line that says what to do. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem';
}

export const neededByRollouts: readonly string[] = ['rollouts', 'rollouts/status', 'rollouts/scale'];
/** All that `--controllers=analysis` cannot do without. */
export const neededByAnalysis: readonly string[] = ['analysisruns'];

export async function checkApi(transport: Transport, log: Logger, needed = neededByRollouts): Promise<void> {
  const served = await servedResources(transport, log);
  if (served === undefined) return;
  const missing = needed.filter((name) => !served.has(name));
  if (missing.length === 0) return;
  throw new StartProblem(
    `the cluster serves ${apiVersion} without ${missing.join(', ')}: apply the CRDs (kubectl apply --server-side -k crds/)`,
  );
}

/** Undefined where the question is not allowed: then the answers to real requests will tell. */
async function servedResources(transport: Transport, log: Logger): Promise<ReadonlySet<string> | undefined> {
  try {
    const { body } = await transport.request({ verb: 'GET', path: `/apis/${apiVersion}`, deadlineMs: 30_000 });
    const { resources } = body as { readonly resources?: readonly { readonly name: string }[] };
    return new Set((resources ?? []).map(({ name }) => name));
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.status === 404) {
      throw new StartProblem(
        `the cluster does not know ${apiVersion}: apply the CRDs first (kubectl apply --server-side -k crds/)`,
      );
    }
    if (error.status !== 403) throw new StartProblem(error.message);
    log.warn({ problem: error.message }, 'Could not ask which kinds the cluster serves');
    return undefined;
  }
}
