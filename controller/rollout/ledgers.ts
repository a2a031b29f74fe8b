// What this process knows of each object that it plans for and the cluster does not (design.md §5, "The ledger"):
// outcomes of writes, evictions, verified pods, and how many waves have followed each other without a change from outside.

import type { Ledger } from './types.ts';

interface LedgerBase {
  readonly wavesWithoutChange: number;
}

export interface Ledgers<L extends LedgerBase = Ledger> {
  of(key: string): L;
  /** Changes that arrive while a wave is written are taken for echoes of it. */
  beginWave(key: string): void;
  waveDone(key: string, ledger: L): void;
  waveBroken(key: string): void;
  /** What a pass without a wave leaves behind. */
  keep(key: string, change: Partial<L>): void;
  /** False while a wave of this object is written. */
  noteChange(key: string): boolean;
  forget(key: string): void;
}

const emptyLedger: Ledger = { outcomes: {}, wavesWithoutChange: 0, verifiedPodMetadata: {}, evictions: {} };

export function createLedgers(): Ledgers {
  return createLedgersOf(emptyLedger);
}

export function createLedgersOf<L extends LedgerBase>(empty: L): Ledgers<L> {
  const byKey = new Map<string, L>();
  const writing = new Set<string>();
  const of = (key: string) => byKey.get(key) ?? empty;
  return {
    of,
    beginWave: (key) => writing.add(key),
    waveDone(key, ledger) {
      writing.delete(key);
      byKey.set(key, { ...ledger, wavesWithoutChange: of(key).wavesWithoutChange + 1 });
    },
    waveBroken: (key) => writing.delete(key),
    keep: (key, change) => byKey.set(key, { ...of(key), ...change }),
    noteChange(key) {
      if (writing.has(key)) return false;
      const ledger = byKey.get(key);
      if (ledger && ledger.wavesWithoutChange > 0) byKey.set(key, { ...ledger, wavesWithoutChange: 0 });
      return true;
    },
    forget: (key) => byKey.delete(key),
  };
}
