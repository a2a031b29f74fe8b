// Whether this process may still write: asked immediately before each write (design.md §5, "Fencing").

export interface Fence {
  /** How long the right to write is still sure to last; 0 or less: no write may be sent. */
  remainingMs(): number;
}

/** For a process that competes with nobody (`--leader-elect=false`, the CLI, tests). */
export const openFence: Fence = { remainingMs: () => Number.POSITIVE_INFINITY };
