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
  readonly #followers = new Map<string, Set<(line: Line) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  append(podKey: string, container: string, text: string): void {
    const { lines } = this.#ring(podKey, container);
    const line = { at: this.#clock.now(), text };
    lines.push(line);
    for (const tell of this.#followers.get(`${podKey}/${container}`) ?? []) tell(line);
    if (lines.length >= 2 * keptLines) lines.splice(0, lines.length - keptLines);
  }

  /** Tells what a container writes from now on, until the returned function is called. */
  follow({ namespace, pod, container, timestamps }: LogQuery, tell: (text: string) => void): () => void {
    const key = `${namespace}/${pod}/${container ?? ''}`;
    const followers = this.#followers.get(key) ?? new Set<(line: Line) => void>();
    this.#followers.set(key, followers);
    const follower = (line: Line): void => tell(formatLine(line, timestamps));
    followers.add(follower);
    return () => {
      followers.delete(follower);
      if (followers.size === 0) this.#followers.delete(key);
    };
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
    return wanted.map((line) => formatLine(line, query.timestamps)).join('');
  }

  #ring(podKey: string, container: string): Ring {
    const containers = this.#pods.get(podKey) ?? new Map<string, Ring>();
    this.#pods.set(podKey, containers);
    const ring = containers.get(container) ?? { lines: [], previous: [] };
    containers.set(container, ring);
    return ring;
  }
}

function formatLine({ at, text }: Line, timestamps: boolean): string {
  return `${timestamps ? `${formatRfc3339(at)} ` : ''}${text}\n`;
}
