// What chaos plays of the world outside of the cluster: step plugins that mostly succeed, and a load balancer that obeys
// its Ingress late. By chance and in virtual time; once calm is asked for, plugins succeed and everybody answers.

import type { Ingress } from '../../controller/api/kubernetes-types.ts';
import { type Clock, sleep } from '../../controller/lang/time.ts';
import type { Ask } from '../../controller/rollout/calls.ts';
import type { LoadBalancerFacts, LoadBalancerQuestion } from '../../controller/traffic/alb/facts.ts';
import type { TargetFacts, TargetQuestion } from '../../controller/traffic/alb/target-facts.ts';
import type { Storage } from '../../sandbox/apiserver/storage.ts';
import type { Dice } from './dice.ts';
import { actionsOf } from './routes.ts';

type OutsideAnswer = Awaited<ReturnType<Ask>>;

export interface Outside {
  readonly ask: Ask;
  calm(): void;
}

/** From the change of an Ingress to the load balancer's own. */
const longestLagMs = 15_000;
/** From the switch of a Service to the registration of its pods. */
const longestTargetLagMs = 15_000;
/** What its Ingress carries as its address. */
export const hostname = 'lb.example';

export function playOutside(clock: Clock, storage: Storage, dice: Dice): Outside {
  let isCalm = false;
  const lagMs = dice.below(longestLagMs);
  const targetLagMs = dice.below(longestTargetLagMs);
  const hasTargetGroups = dice.chance(0.7);
  const askedSince = new Map<string, number>();
  const seen: { readonly at: number; readonly ingress: Ingress }[] = [];
  storage.subscribe('networking.k8s.io/ingresses', ({ type, object }) => {
    if (type !== 'DELETED') seen.push({ at: clock.now(), ingress: object as unknown as Ingress });
  });

  function factsOf({ ingress, resourceIds }: LoadBalancerQuestion): LoadBalancerFacts {
    const served = seen.findLast(
      ({ at, ingress: { metadata } }) => metadata.name === ingress && at <= clock.now() - lagMs,
    );
    return {
      ingress,
      loadBalancer: { name: 'lb', arn: 'arn:lb' },
      targetGroups: resourceIds.map((resourceId) => ({ name: resourceId, arn: `arn:${resourceId}`, resourceId })),
      forwards: served
        ? actionsOf(served.ingress).map((groups) =>
            groups.map(({ service, port, weight }) => ({
              arn: `arn:${served.ingress.metadata.namespace}/${ingress}-${service}:${port}`,
              weight,
            })),
          )
        : [],
    };
  }

  /** Pods of a Service are registered some time after somebody asked for the first time, and healthy after that. */
  function targetsOf({ service, podPrefix }: TargetQuestion): TargetFacts {
    if (!hasTargetGroups) return { groups: [], skipped: [] };
    const key = `${service}/${podPrefix}`;
    const since = askedSince.get(key) ?? clock.now();
    askedSince.set(key, since);
    const isLate = (times: number) => clock.now() < since + times * targetLagMs;
    const wanted = 5;
    const registered = isLate(1) ? 2 : wanted;
    return {
      groups: [{ arn: `arn:${service}`, wanted, registered, healthy: isLate(2) ? 1 : registered }],
      skipped: [],
    };
  }

  function runPlugin(runs: number): OutsideAnswer {
    const status = { runs: runs + 1 };
    if (isCalm || dice.chance(0.6)) return { is: 'stepPlugin', phase: 'Successful', status };
    const requeueAfterMs = 1000 * (1 + dice.below(10));
    if (dice.chance(0.6)) return { is: 'stepPlugin', phase: 'Running', status, requeueAfterMs };
    const phase = dice.pick(['Failed', 'Error'] as const);
    return { is: 'stepPlugin', phase, message: `the ${phase} of chance` };
  }

  return {
    async ask(call) {
      await sleep(clock, 10 + dice.below(3000));
      if (!isCalm && dice.chance(0.1))
        return { is: 'failed', message: 'nobody answers', isThrottled: dice.chance(0.5) };
      switch (call.kind) {
        case 'stepPlugin':
          return runPlugin(Number(call.status?.runs ?? 0));
        case 'targets':
          return { is: 'targets', facts: targetsOf(call.question) };
        case 'loadBalancers':
          return { is: 'loadBalancers', facts: call.questions.map(factsOf) };
      }
    },
    calm() {
      isCalm = true;
    },
  };
}
