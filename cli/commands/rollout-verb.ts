// The verbs that are one merge patch for each rollout named: abort, pause, retry (spec/cli.md §§3.1, 3.10, 3.13; the
// patches are those of spec/rollout.md §6.6). In order, ended by the first error: names before it stay as they are.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Resource } from '../../controller/kubernetes/resource.ts';
import { mergePatch, patchStatus } from '../cluster.ts';
import type { Call } from '../command.ts';
import { UsageError } from '../errors.ts';
import { bareName } from '../resources.ts';

export interface Verb {
  readonly resource: Resource;
  readonly patch: unknown;
  /** Where the patch goes: the status subresource (with the object itself as the fallback) or the object. */
  readonly target: 'status' | 'object';
  /** Of the name that the API server answered with. */
  readonly said: (name: string) => string;
}

export async function runVerb({ args, connect, io }: Call, verb: Verb): Promise<number> {
  if (args.length === 0) throw new UsageError();
  const cluster = await connect();
  const send = verb.target === 'status' ? patchStatus : mergePatch;
  for (const word of args) {
    const name = bareName(verb.resource, word);
    const answer = await send<KubernetesObject>(cluster, verb.resource, name, verb.patch);
    io.stdout.write(`${verb.said(answer.metadata.name ?? name)}\n`);
  }
  return 0;
}
