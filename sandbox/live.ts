// Follows the cluster for the screen: the view is drawn twice a second from what the informers hold.

import type { ReplicaSet } from '../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../controller/api/types.generated.ts';
import type { Clock, TimerHandle } from '../controller/lang/time.ts';
import type { Load } from './load/load.ts';
import type { Informers } from './machinery/informers.ts';
import { resources } from './machinery/resources.ts';
import type { Network } from './network/network.ts';
import { makeRolloutView, nextCommands } from './view/rollout-view.ts';
import type { RolloutView, ScreenState } from './view/screen.ts';
import type { View } from './view/terminal.ts';

const drawEveryMs = 500;
const windowSeconds = 10;

/** The kinds that the screen shows; call before `informers.start()`. */
export function followRollouts(informers: Informers): void {
  informers.of<Rollout>(resources.rollouts);
  informers.of<ReplicaSet>(resources.replicaSets);
  informers.of<AnalysisRun>(resources.analysisRuns);
  informers.of<Experiment>(resources.experiments);
}

export interface LiveOptions {
  readonly clock: Clock;
  readonly informers: Informers;
  readonly network: Network;
  readonly view: View;
  /** Undefined until it runs, and without one. */
  readonly load: () => Load | undefined;
  readonly links: ScreenState['links'];
  readonly exports: readonly string[];
  readonly problems: () => readonly string[];
  /** Whether a controller runs; without one the screen says how to start it. */
  readonly controlled: boolean;
  /** `namespace/name` of the Rollout to show; any when it is not there. */
  readonly preferred: string;
}

export interface Live {
  /** The last that was drawn. */
  readonly rollout: RolloutView | undefined;
  stop(): void;
}

export function showLive(options: LiveOptions): Live {
  const rollouts = options.informers.of<Rollout>(resources.rollouts);
  const replicaSets = options.informers.of<ReplicaSet>(resources.replicaSets);
  const analysisRuns = options.informers.of<AnalysisRun>(resources.analysisRuns);
  const experiments = options.informers.of<Experiment>(resources.experiments);
  let timer: TimerHandle | undefined;
  let shown: RolloutView | undefined;
  const draw = (): void => {
    const rollout = rollouts.get(options.preferred) ?? rollouts.all().next().value;
    const load = options.load()?.summary(windowSeconds);
    const seen = {
      replicaSets: [...replicaSets.all()],
      analysisRuns: [...analysisRuns.all()],
      experiments: [...experiments.all()],
    };
    shown = rollout && makeRolloutView(rollout, seen, load);
    options.view.show({
      rollout: shown,
      load,
      links: options.links,
      hints: nextCommands(rollout, options.controlled),
      exports: options.exports,
      problems: [...options.network.problems, ...options.problems()].slice(-3),
    });
    timer = options.clock.schedule(drawEveryMs, draw);
  };
  draw();
  return {
    get rollout() {
      return shown;
    },
    stop: () => timer?.cancel(),
  };
}
