// Which fields of a status the server does not keep, because an older CRD does not know them: they are remembered
// from the first answer that lacks them and not sent again, else every pass would write (design.md §5.4).

export interface PrunedFields {
  /** The patch without what is known to be pruned. */
  strip(kind: string, patch: unknown): unknown;
  /** Compares what was sent with what the server stored. */
  learn(kind: string, patch: unknown, stored: unknown): void;
}

export function createPrunedFields(): PrunedFields {
  const pathsByKind = new Map<string, Set<string>>();
  return {
    strip(kind, patch) {
      const paths = pathsByKind.get(kind);
      return paths === undefined || !isMap(patch) ? patch : stripPaths(patch, paths, '');
    },
    learn(kind, patch, stored) {
      const missing: string[] = [];
      collectMissing(patch, stored, '', missing);
      if (missing.length === 0) return;
      const paths = pathsByKind.get(kind) ?? new Set();
      for (const path of missing) paths.add(path);
      pathsByKind.set(kind, paths);
    },
  };
}

function collectMissing(patch: unknown, stored: unknown, path: string, missing: string[]): void {
  if (!isMap(patch)) return;
  for (const [key, value] of Object.entries(patch)) {
    // null asks for absence; an empty map may be left out by the server as well as kept.
    if (value === null || (isMap(value) && Object.keys(value).length === 0)) continue;
    const at = `${path}/${key}`;
    const kept = isMap(stored) ? stored[key] : undefined;
    if (kept === undefined) missing.push(at);
    else collectMissing(value, kept, at, missing);
  }
}

function stripPaths(patch: Record<string, unknown>, paths: ReadonlySet<string>, path: string): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(patch)) {
    const at = `${path}/${key}`;
    if (paths.has(at)) continue;
    if (!isMap(value)) {
      kept[key] = value;
      continue;
    }
    const inner = stripPaths(value, paths, at);
    if (Object.keys(inner).length > 0 || Object.keys(value).length === 0) kept[key] = inner;
  }
  return kept;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
