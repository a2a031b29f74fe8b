// Which annotations and paths of the Ingresses carry a decision to AWS' load balancer controller (traffic.md §2.2-2.7,
// §2.12)? Every Ingress is edited step by step (managed routes, then the weight); each step that changes it is a write.
// AWS itself is only asked by weight verification (§2.9): `verify.ts`.

import type { Ingress } from '../../api/kubernetes-types.ts';
import type { SetHeaderRoute } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import type { EventRecord, Need, Reason, Write } from '../../rollout/types.ts';
import type { Router, RouterInput, RouterPlan, TrafficDecision } from '../types.ts';
import { actionKey, conditionKey, formatAction, formatConditions, stickinessProblem } from './annotations.ts';
import { withManagedKeys, withoutManagedKeys } from './bookkeeping.ts';
import { hasBackend, hasUseAnnotationPort, withManagedPath, withoutManagedPaths } from './paths.ts';
import { type AlbSettings, readAlbSettings } from './settings.ts';
import { ingressSharer, routeKeys, type Sharing, sharingOf } from './sharing.ts';
import { splitOf } from './split.ts';
import { verifyWeights } from './verify.ts';

export const albRouter: Router = { type: 'ALB', plan: planAlb };

/** What is edited of an Ingress. */
interface Edited {
  readonly annotations: Readonly<Record<string, string>>;
  readonly rules: Ingress['spec']['rules'];
}

interface Edit {
  readonly result: Edited;
  readonly event: EventRecord;
}

type Outcome = { readonly edits: readonly Edit[]; readonly problem?: string };

function planAlb(input: RouterInput): RouterPlan {
  const { observed, rollout, decision } = input;
  const settings = readAlbSettings(rollout, input.status);
  const own = ingressSharer(rollout);
  if (!settings || !own) return { writes: [], needs: [], problems: [], reasons: [] };
  if (settings.managedRoutes.includes(settings.rootService)) {
    // Its action and its paths come and go: the application would lose its own.
    const problem = `managed route \`${settings.rootService}\` has the name of the Service that it is to lead past: give it another name`;
    return { writes: [], needs: [], problems: [problem], reasons: [] };
  }
  const writes: Write[] = [];
  const needs: Need[] = [];
  const problems: string[] = [];
  const reasons: Reason[] = [];
  const events: EventRecord[] = [];
  for (const name of settings.ingresses) {
    const known = observed.ingresses[name] ?? { is: 'unread' };
    if (known.is === 'unread') {
      needs.push({ kind: 'ingress', name });
      continue;
    }
    if (known.is !== 'present') {
      problems.push(known.is === 'absent' ? `ingress.networking.k8s.io "${name}" not found` : known.problem.message);
      continue;
    }
    const sharing = sharingOf(known.value, own, observed.sharers ?? []);
    const outcome = editIngress(known.value, settings, decision, sharing);
    writes.push(...makeWrites(known.value, outcome.edits));
    if (outcome.problem) problems.push(outcome.problem);
    if (!hasUseAnnotationPort(known.value, settings.rootService)) {
      reasons.push(because('ingressMisconfigured', { ingress: name, service: settings.rootService }));
      events.push(misconfigured(name, settings.rootService));
    }
  }
  return { writes, needs, problems, reasons, events, verification: verifyWeights(input, settings, writes.length > 0) };
}

function editIngress(ingress: Ingress, settings: AlbSettings, decision: TrafficDecision, sharing: Sharing): Outcome {
  const name = ingress.metadata.name ?? '';
  const { isForeign, holderOf } = sharing;
  const steps: ((current: Edited) => Edit | string)[] = [
    (current) => removeRoutes(current, name, settings, decision, isForeign),
    ...decision.headerRoutes.map((route) => (current: Edited) => {
      const holder = holderOf(actionKey(settings, route.name ?? ''));
      if (holder === undefined) return setHeaderRoute(current, { ingress: name, settings, sharing }, route);
      return `managed route \`${route.name}\` of ingress \`${name}\` is in use by Rollout \`${holder}\`: give it another name`;
    }),
  ];
  if (decision.heldBy === undefined) {
    const { rootService } = settings;
    const holder = holderOf(actionKey(settings, rootService));
    steps.push((current) => {
      if (holder === undefined) return setWeight(current, name, settings, decision);
      return `the weights of service \`${rootService}\` in ingress \`${name}\` are set by Rollout \`${holder}\``;
    });
  }

  const edits: Edit[] = [];
  // An Ingress may come without any annotation.
  let current: Edited = { annotations: ingress.metadata.annotations ?? {}, rules: ingress.spec.rules };
  for (const step of steps) {
    const edit = step(current);
    if (typeof edit === 'string') return { edits, problem: edit };
    if (!isSame(current, edit.result)) edits.push(edit);
    current = edit.result;
  }
  return { edits };
}

function setWeight(current: Edited, name: string, settings: AlbSettings, decision: TrafficDecision): Edit | string {
  if (!hasBackend(current.rules, settings.rootService)) {
    return `ingress does not have service \`${settings.rootService}\` in rules`;
  }
  const stickiness = stickinessProblem(settings);
  if (stickiness) return stickiness;
  const key = actionKey(settings, settings.rootService);
  const annotations = withManagedKeys(current.annotations, settings.rolloutName, [key]);
  if (typeof annotations === 'string') return annotations;
  return {
    result: { ...current, annotations: { ...annotations, [key]: formatAction(settings, splitOf(settings, decision)) } },
    event: patching(name, `to desiredWeight '${decision.desired}'`),
  };
}

function setHeaderRoute(
  current: Edited,
  {
    ingress,
    settings,
    sharing,
  }: { readonly ingress: string; readonly settings: AlbSettings; readonly sharing: Sharing },
  route: SetHeaderRoute,
): Edit | string {
  const name = route.name ?? '';
  const action = actionKey(settings, name);
  const condition = conditionKey(settings, name);
  const annotations = withManagedKeys(current.annotations, settings.rolloutName, [action, condition]);
  if (typeof annotations === 'string') return annotations;
  return {
    result: {
      annotations: {
        ...annotations,
        [action]: formatAction(settings, [{ serviceName: settings.canaryService, weight: 100 }]),
        [condition]: formatConditions(route),
      },
      rules: withManagedPath(current.rules, name, settings.rootService, {
        managed: settings.managedRoutes,
        isForeignRoute: sharing.isForeignRoute,
      }),
    },
    event: patching(ingress, `to headerRoute '${name}'`),
  };
}

/** Removes every managed route that is not wanted now, and is not another Rollout's of the same name. */
function removeRoutes(
  current: Edited,
  ingress: string,
  settings: AlbSettings,
  decision: TrafficDecision,
  isForeign: Sharing['isForeign'],
): Edit | string {
  const wanted = decision.headerRoutes.map((route) => route.name);
  const unwanted = settings.managedRoutes.filter(
    (name) => !wanted.includes(name) && !isForeign(actionKey(settings, name)),
  );
  const keys = unwanted.flatMap((name) => routeKeys(settings, name));
  const event = patching(ingress, 'removing managed routes');
  if (keys.length === 0) return { result: current, event };
  const annotations = withoutManagedKeys(current.annotations, settings.rolloutName, keys);
  if (typeof annotations === 'string') return annotations;
  return { result: { annotations, rules: withoutManagedPaths(current.rules, unwanted) }, event };
}

/** One write for each edit. Bookkeeping is shared with other Rollouts, so every patch says which version it edits. */
function makeWrites(ingress: Ingress, edits: readonly Edit[]): Write[] {
  const name = ingress.metadata.name ?? '';
  let before: Edited = { annotations: ingress.metadata.annotations ?? {}, rules: ingress.spec.rules };
  return edits.map(({ result, event }, index): Write => {
    const annotations = difference(before.annotations, result.annotations);
    const patch = {
      metadata: {
        ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
        ...(ingress.metadata.resourceVersion ? { resourceVersion: ingress.metadata.resourceVersion } : {}),
      },
      ...(JSON.stringify(before.rules) === JSON.stringify(result.rules) ? {} : { spec: { rules: result.rules } }),
    };
    before = result;
    return {
      kind: 'patchIngress',
      key: edits.length > 1 ? `patchIngress/${name}/${index}` : `patchIngress/${name}`,
      name,
      patch,
      onFailure: 'stop',
      events: [event],
      failureEvent: {
        type: 'Warning',
        reason: 'TrafficRoutingError',
        message: `error patching alb ingress \`${name}\`: {error}`,
        lasts: `trafficRouting/${name}`,
      },
    };
  });
}

function difference(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Record<string, string | null> {
  const changed: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(after)) if (before[key] !== value) changed[key] = value;
  for (const key of Object.keys(before)) if (!(key in after)) changed[key] = null;
  return changed;
}

function isSame(a: Edited, b: Edited): boolean {
  return (
    Object.keys(difference(a.annotations, b.annotations)).length === 0 &&
    (a.rules === b.rules || JSON.stringify(a.rules) === JSON.stringify(b.rules))
  );
}

function patching(ingress: string, what: string): EventRecord {
  return { type: 'Normal', reason: 'PatchingALBIngress', message: `Updating Ingress \`${ingress}\` ${what}` };
}

/** SLIPWAY (traffic.md §2.2): nothing fails, and all traffic stays with one Service: users are told. */
function misconfigured(ingress: string, service: string): EventRecord {
  return {
    type: 'Warning',
    reason: 'ALBIngressMisconfigured',
    message: `Ingress \`${ingress}\` leads to service \`${service}\` by another port than use-annotation: weights have no effect`,
    lasts: `ingressMisconfigured/${ingress}`,
  };
}
