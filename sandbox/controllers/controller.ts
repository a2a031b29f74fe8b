// What every controller of the sandbox is made from, and what it is: handlers registered when it is made, work done
// from `start` on, driven by watches alone (no polling).

import type { Clock } from '../../controller/lang/time.ts';
import type { KubeClient } from '../machinery/client.ts';
import type { EventRecorder } from '../machinery/events.ts';
import type { Informers } from '../machinery/informers.ts';

export interface ControllerContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly informers: Informers;
  /** Events under the name of a controller, e.g. `replicaset-controller`. */
  recorder(component: string): EventRecorder;
  /** Told of what went wrong and is tried again. */
  report(problem: Error): void;
}

export interface Controller {
  readonly name: string;
  /** Once the informers have their first lists. */
  start(): void;
  stop(): void;
}
