// Which events are repetitions, which are combined, which are dropped? As client-go's recorder does: the same text about
// the same object raises a count; from the tenth text of one reason within ten minutes on they are combined into one
// event; and of one object 25 events are told in a burst, then one in five minutes.

import type { EpochMillis } from '../../controller/lang/time.ts';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly fieldPath: string | undefined;
}

export interface Correlated {
  /** For `written`. */
  readonly key: string;
  readonly message: string;
  /** The event that tells this already, and its count with this repetition. */
  readonly known: { readonly name: string; readonly count: number } | undefined;
}

const maxTexts = 10;
const combineWithinMs = 600_000;
const burst = 25;
const refillMs = 300_000;
/** How many keys are remembered, of each sort; the oldest are forgotten first. */
const rememberedCount = 4096;

interface Similar {
  readonly texts: Set<string>;
  lastAt: EpochMillis;
}

interface Bucket {
  tokens: number;
  filledAt: EpochMillis;
}

export class EventCorrelation {
  readonly #similar = new Map<string, Similar>();
  readonly #told = new Map<string, { name: string; count: number }>();
  readonly #buckets = new Map<string, Bucket>();

  /** Undefined: nobody is told. */
  take(object: string, told: EventText, now: EpochMillis): Correlated | undefined {
    const { type, reason, fieldPath = '', message } = told;
    const group = [object, type, reason].join('\n');
    const isCombined = this.#combines(group, message, now);
    const key = isCombined ? group : [group, fieldPath, message].join('\n');
    const known = this.#told.get(key);
    if (known !== undefined) known.count += 1;
    if (!this.#mayTell(object, now)) return undefined;
    return {
      key,
      message: isCombined ? `(combined from similar events): ${message}` : message,
      known: known && { ...known },
    };
  }

  written(key: string, name: string): void {
    remember(this.#told, key, { name, count: 1 });
  }

  #combines(group: string, message: string, now: EpochMillis): boolean {
    let similar = this.#similar.get(group);
    if (similar === undefined || now - similar.lastAt > combineWithinMs) similar = { texts: new Set(), lastAt: now };
    similar.texts.add(message);
    similar.lastAt = now;
    remember(this.#similar, group, similar);
    if (similar.texts.size < maxTexts) return false;
    for (const oldest of similar.texts) {
      similar.texts.delete(oldest);
      break;
    }
    return true;
  }

  #mayTell(object: string, now: EpochMillis): boolean {
    const bucket = this.#buckets.get(object) ?? { tokens: burst, filledAt: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.filledAt) / refillMs);
    bucket.filledAt = now;
    remember(this.#buckets, object, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= rememberedCount) return;
    map.delete(oldest);
  }
}
