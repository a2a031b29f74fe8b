// Which key is due next: each key has one time, the earliest it was given. A heap finds the first; an entry that an earlier
// one of its key has overtaken stays in it as a stale one, until it comes up or there are more of these than live ones.

import type { EpochMillis } from '../lang/time.ts';
import { createHeap, type Heap } from './heap.ts';

/** So many stale entries may always lie there: a small heap is not worth being made anew. */
const spareEntries = 64;

export class DelayedKeys {
  readonly #times = new Map<string, EpochMillis>();
  #heap: Heap<{ readonly at: EpochMillis; readonly key: string }> = makeHeap();

  /** Entries in memory, stale ones included. */
  get entryCount(): number {
    return this.#heap.size;
  }

  /** When to look again; perhaps for a stale entry. */
  get nextAt(): EpochMillis | undefined {
    return this.#heap.peek()?.at;
  }

  /** A later time than the key has already is passed over. */
  add(key: string, at: EpochMillis): void {
    const known = this.#times.get(key);
    if (known !== undefined && known <= at) return;
    this.#times.set(key, at);
    this.#heap.push({ at, key });
    if (this.#heap.size > 2 * this.#times.size + spareEntries) this.#dropStale();
  }

  /** The keys that are due, the earliest first; they are kept no longer. */
  takeDue(now: EpochMillis): string[] {
    const due: string[] = [];
    for (let first = this.#heap.peek(); first !== undefined && first.at <= now; first = this.#heap.peek()) {
      this.#heap.pop();
      if (this.#times.get(first.key) !== first.at) continue;
      this.#times.delete(first.key);
      due.push(first.key);
    }
    return due;
  }

  clear(): void {
    this.#times.clear();
    this.#heap = makeHeap();
  }

  #dropStale(): void {
    this.#heap = makeHeap();
    for (const [key, at] of this.#times) this.#heap.push({ at, key });
  }
}

function makeHeap(): Heap<{ readonly at: EpochMillis; readonly key: string }> {
  return createHeap((a, b) => a.at < b.at);
}
