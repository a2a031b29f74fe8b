// Rollouts as the API server has them, for whoever must not act on a cache: what takes something back from an object that
// a Rollout may still name, be it one of another controller.

import { decodeRollout } from '../api/decode-rollout.ts';
import type { Rollout } from '../api/types.generated.ts';
import { listAll } from '../kubernetes/list.ts';
import { classifyFailure } from '../kubernetes/problem.ts';
import { collectionPath, objectPath } from '../kubernetes/resource.ts';
import type { Transport } from '../kubernetes/transport.ts';
import { rollouts } from './resources.ts';

export interface LiveRollouts {
  /** Undefined when there is none, `unknown` when it cannot be read. */
  readRollout(namespace: string, name: string): Promise<Rollout | undefined | 'unknown'>;
  /** Every Rollout of the namespace, those of other instance ids too. */
  listRollouts(namespace: string): Promise<readonly Rollout[] | 'unknown'>;
}

export function createLiveRollouts(transport: Transport): LiveRollouts {
  return {
    async readRollout(namespace, name) {
      try {
        const { body } = await transport.request({ verb: 'GET', path: objectPath(rollouts, namespace, name) });
        return decodeRollout(body);
      } catch (error) {
        return classifyFailure(error).class === 'gone' ? undefined : 'unknown';
      }
    },
    async listRollouts(namespace) {
      try {
        return (await listAll(transport, collectionPath(rollouts, namespace), {})).map(decodeRollout);
      } catch (error) {
        classifyFailure(error);
        return 'unknown';
      }
    },
  };
}
