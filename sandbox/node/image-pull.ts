// How one container gets its image, with the kubelet's events: there already, pulled, or not to be had, which is tried
// again after 10 s, 20 s … (back-off.ts).

import type { Container } from '../../controller/api/kubernetes-types.ts';
import type { Clock } from '../../controller/lang/time.ts';
import { pullBackOffMs } from './back-off.ts';
import { type ImageStore, isAlwaysPulled, pulledMessage, pullProblem } from './images.ts';

export interface ImagePullOptions {
  readonly clock: Clock;
  readonly images: ImageStore;
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
  after(delayMs: number, run: () => void): void;
  /** The container waits, and why. */
  waits(reason: string, message: string): void;
  /** Time to try again. */
  again(): void;
}

export class ImagePull {
  readonly #options: ImagePullOptions;
  #attempts = 0;
  #askedAt: number | undefined;

  constructor(options: ImagePullOptions) {
    this.#options = options;
  }

  /** Says that the image is on its way, where the node does not have it. */
  announce({ image = '', imagePullPolicy }: Container): void {
    const isPulled = isAlwaysPulled(image, imagePullPolicy) || !this.#options.images.has(image);
    if (isPulled && pullProblem(image, imagePullPolicy) === undefined) this.#ask(image);
  }

  /** Whether the image is there now; if it is not, `again` comes by itself. */
  take({ image = '', imagePullPolicy }: Container): boolean {
    const { images, event, waits, clock } = this.#options;
    const problem = pullProblem(image, imagePullPolicy);
    if (problem !== undefined) {
      if (problem.reason === 'ErrImagePull') this.#ask(image);
      event('Warning', problem.event.reason, problem.event.message);
      event('Warning', 'Failed', `Error: ${problem.reason}`);
      waits(problem.reason, problem.message);
      if (problem.reason === 'ErrImagePull') this.#backOff(image, problem.message);
      return false;
    }
    this.#attempts = 0;
    const isAsked = this.#askedAt !== undefined;
    const isPulled = isAsked || isAlwaysPulled(image, imagePullPolicy) || !images.has(image);
    images.add(image);
    if (isPulled && !isAsked) this.#ask(image);
    const tookMs = Math.max(1, Math.round(clock.now() - (this.#askedAt ?? clock.now())));
    this.#askedAt = undefined;
    const present = `Container image "${image}" already present on machine and can be accessed by the pod`;
    event('Normal', 'Pulled', isPulled ? pulledMessage(image, tookMs) : present);
    return true;
  }

  #ask(image: string): void {
    this.#askedAt = this.#options.clock.now();
    this.#options.event('Normal', 'Pulling', `Pulling image "${image}"`);
  }

  /** ErrImagePull turns into ImagePullBackOff until the next attempt. */
  #backOff(image: string, why: string): void {
    const { after, waits, event, again } = this.#options;
    const { shown, next } = pullBackOffMs(this.#attempts++);
    after(shown, () => {
      const text = `Back-off pulling image "${image}"`;
      event('Normal', 'BackOff', text);
      event('Warning', 'Failed', 'Error: ImagePullBackOff');
      waits('ImagePullBackOff', `${text}: ErrImagePull: ${why}`);
    });
    after(next, again);
  }
}
