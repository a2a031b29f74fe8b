// One informer per kind, shared by all controllers of a process.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { Informer, type InformerOptions } from './informer.ts';
import type { ResourceName } from './resources.ts';

export class Informers {
  readonly #options: Omit<InformerOptions, 'resource'>;
  readonly #byPlural = new Map<string, Informer<KubernetesObject>>();

  constructor(options: Omit<InformerOptions, 'resource'>) {
    this.#options = options;
  }

  of<T extends KubernetesObject>(resource: ResourceName): Informer<T> {
    const id = `${resource.group}/${resource.plural}`;
    let informer = this.#byPlural.get(id);
    if (informer === undefined) {
      informer = new Informer<KubernetesObject>({ ...this.#options, resource });
      this.#byPlural.set(id, informer);
    }
    return informer as unknown as Informer<T>;
  }

  /** The informer of a kind that somebody asked for already. */
  known(resource: ResourceName): Informer<KubernetesObject> | undefined {
    return this.#byPlural.get(`${resource.group}/${resource.plural}`);
  }

  /** Resolves when every informer asked for so far has its first list. */
  async start(): Promise<void> {
    await Promise.all([...this.#byPlural.values()].map((informer) => informer.start()));
  }

  stop(): void {
    for (const informer of this.#byPlural.values()) informer.stop();
  }
}
