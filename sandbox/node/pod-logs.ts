// The last lines that each container wrote, for pods/log. Bounded per container; gone with the pod.

import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { Clock, EpochMillis } from '../../controller/lang/time.ts';

export interface LogQuery {
  readonly namespace: string;
  readonly pod: string;
  /** Default: the container that logged first. */
  readonly container: string | undefined;
  readonly previous: boolean;
  readonly tailLines: number | undefined;
  readonly sinceSeconds: number | undefined;
  readonly timestamps: boolean;
}

interface Line {
  readonly at: EpochMillis;
  readonly text: string;
}

interface Ring {
  lines: Line[];
  previous: Line[];
}

const keptLines = 1000;

export class ContainerLogs {
  readonly #clock: Clock;
  readonly #pods = new Map<string, Map<string, Ring>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  append(podKey: string, container: string, text: string): void {
    const { lines } = this.#ring(podKey, container);
    lines.push({ at: this.#clock.now(), text });
    if (lines.length >= 2 * keptLines) lines.splice(0, lines.length - keptLines);
  }

  /** The container starts anew: what it wrote is `--previous` now. */
  restarted(podKey: string, container: string): void {
    const ring = this.#ring(podKey, container);
    ring.previous = ring.lines;
    ring.lines = [];
  }

  forget(podKey: string): void {
    this.#pods.delete(podKey);
  }

  read(query: LogQuery): string {
    const containers = this.#pods.get(`${query.namespace}/${query.pod}`);
    const ring = query.container === undefined ? containers?.values().next().value : containers?.get(query.container);
    const all = (query.previous ? ring?.previous : ring?.lines) ?? [];
    const from = query.sinceSeconds === undefined ? 0 : this.#clock.now() - query.sinceSeconds * 1000;
    const recent = all.filter(({ at }) => at >= from).slice(-keptLines);
    const wanted = query.tailLines === undefined ? recent : query.tailLines === 0 ? [] : recent.slice(-query.tailLines);
    return wanted.map(({ at, text }) => `${query.timestamps ? `${formatRfc3339(at)} ` : ''}${text}\n`).join('');
  }

  #ring(podKey: string, container: string): Ring {
    const containers = this.#pods.get(podKey) ?? new Map<string, Ring>();
    this.#pods.set(podKey, containers);
    const ring = containers.get(container) ?? { lines: [], previous: [] };
    containers.set(container, ring);
    return ring;
  }
}
