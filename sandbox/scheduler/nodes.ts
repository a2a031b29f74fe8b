// What the scheduler knows of the nodes: the Node objects, which pods stand on each (bound ones, and those that were
// just decided on), and what they ask for. Kept as changes come, so that a decision costs no walk over all pods.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { parseQuantity } from '../../controller/lang/quantity.ts';
import type { Node } from '../machinery/nodes.ts';
import { controllerOf } from '../machinery/pods.ts';
import { keyOf } from '../machinery/resources.ts';
import { podAffinityOf } from './pod-affinity.ts';

/** Thousand-millionths by resource name, as `Quantity.nanos`. */
export type Requests = ReadonlyMap<string, bigint>;

export interface NodeState {
  readonly name: string;
  readonly node: Node;
  readonly pods: ReadonlyMap<string, Pod>;
  readonly requested: Requests;
  /** Pods by the uid of their controller. */
  readonly siblings: ReadonlyMap<string, number>;
}

interface Entry {
  node: Node | undefined;
  readonly pods: Map<string, Pod>;
  readonly requested: Map<string, bigint>;
  readonly siblings: Map<string, number>;
}

export class NodeTable {
  readonly #entries = new Map<string, Entry>();
  readonly #placeOf = new Map<string, string>();
  /** Placed pods that keep others away, by key. */
  readonly #repelling = new Map<string, { readonly pod: Pod; readonly node: string }>();

  setNode(name: string, node: Node | undefined): void {
    this.#entry(name).node = node;
  }

  place(pod: Pod, node: string): void {
    const key = keyOf(pod);
    const entry = this.#entry(node);
    const known = entry.pods.get(key);
    if (known !== undefined && known.metadata.uid === pod.metadata.uid) {
      // What it asks for stays; its labels may not.
      entry.pods.set(key, pod);
      if (this.#repelling.has(key)) this.#repelling.set(key, { pod, node });
      return;
    }
    this.remove(key);
    entry.pods.set(key, pod);
    this.#placeOf.set(key, node);
    add(entry, pod, 1);
    if (podAffinityOf(pod).repelledBy.length > 0) this.#repelling.set(key, { pod, node });
  }

  remove(key: string): void {
    const node = this.#placeOf.get(key);
    const entry = node === undefined ? undefined : this.#entries.get(node);
    const pod = entry?.pods.get(key);
    this.#placeOf.delete(key);
    this.#repelling.delete(key);
    if (entry === undefined || pod === undefined) return;
    entry.pods.delete(key);
    add(entry, pod, -1);
  }

  placeOf(key: string): string | undefined {
    return this.#placeOf.get(key);
  }

  /** The nodes that exist, by name. */
  all(): NodeState[] {
    const found: NodeState[] = [];
    for (const [name, entry] of this.#entries)
      if (entry.node !== undefined) found.push({ ...entry, name } as NodeState);
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get repelling(): Iterable<{ readonly pod: Pod; readonly node: string }> {
    return this.#repelling.values();
  }

  labelsOf(node: string): Readonly<Record<string, string>> {
    return this.#entries.get(node)?.node?.metadata.labels ?? {};
  }

  #entry(name: string): Entry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { node: undefined, pods: new Map(), requested: new Map(), siblings: new Map() };
      this.#entries.set(name, entry);
    }
    return entry;
  }
}

function add(entry: Entry, pod: Pod, sign: 1 | -1): void {
  for (const [name, amount] of requestsOf(pod)) {
    entry.requested.set(name, (entry.requested.get(name) ?? 0n) + BigInt(sign) * amount);
  }
  const owner = controllerOf(pod)?.uid;
  if (owner !== undefined) entry.siblings.set(owner, (entry.siblings.get(owner) ?? 0) + sign);
}

/** The sum over the containers, or what an init container needs where that is more. */
export function requestsOf(pod: Pod): Requests {
  const total = new Map<string, bigint>();
  for (const container of pod.spec.containers) {
    for (const [name, amount] of amountsOf(container.resources)) total.set(name, (total.get(name) ?? 0n) + amount);
  }
  for (const container of pod.spec.initContainers ?? []) {
    for (const [name, amount] of amountsOf(container.resources)) {
      if (amount > (total.get(name) ?? 0n)) total.set(name, amount);
    }
  }
  return total;
}

function amountsOf(resources: unknown): [name: string, nanos: bigint][] {
  const { requests } = (resources ?? {}) as { readonly requests?: Readonly<Record<string, string | number>> };
  if (requests === undefined) return [];
  return Object.entries(requests).map(([name, amount]) => [name, parseQuantity(amount)?.nanos ?? 0n]);
}
