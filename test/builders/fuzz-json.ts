// JSON with random values in random places: what an old CRD without types could have let through.

import fc from 'fast-check';

type Path = readonly (string | number)[];

const oddities: readonly unknown[] = [
  ...[null, true, false, '', 'three', '5', '50%', 'x'.repeat(70), '2026-13-45T99:00:00Z', '__proto__', 'constructor'],
  ...[0, -1, 1, 2.5, 1e12, -3e9, 2 ** 53, [], {}, [null], [{}], [[]], [''], { a: 1 }, { a: null }, { a: { b: [] } }],
  ...[{ constructor: 1 }, JSON.parse('{"__proto__": {"x": 1}}'), { limits: 'x' }, { name: 5 }],
];

const junk = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...oddities) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

interface Change {
  readonly place: number;
  readonly change: 'replace' | 'remove' | 'swap';
  readonly value: unknown;
}

const change = fc.record<Change>({
  place: fc.nat(1_000_000),
  change: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'swap'),
  value: junk,
});

/** The changes to make: 1 to 4 of them, each at a place that `withChanges` finds. */
export const changes = fc.array(change, { minLength: 1, maxLength: 4 });

/** A copy with the changes made, at or below the top-level `fields`. */
export function withChanges<T>(value: T, list: readonly Change[], fields: readonly string[]): T {
  const copy = JSON.parse(JSON.stringify(value));
  for (const { place, change: kind, value: replacement } of list) {
    const paths = pathsOf(copy).filter(([field]) => fields.includes(String(field)));
    const path = paths[place % paths.length];
    if (!path) continue;
    const other = paths[(place * 7 + 3) % paths.length] ?? path;
    const put = kind === 'swap' ? valueAt(copy, other) : replacement;
    putAt(copy, path, kind === 'remove' ? undefined : JSON.parse(JSON.stringify(put ?? null)));
  }
  return JSON.parse(JSON.stringify(copy));
}

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return path.length > 0 ? [path] : [];
  const inner = Array.isArray(value)
    ? value.flatMap((item, index) => pathsOf(item, [...path, index]))
    : Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]));
  return path.length > 0 ? [path, ...inner] : inner;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

function putAt(target: unknown, path: Path, value: unknown): void {
  const parent = valueAt(target, path.slice(0, -1)) as Record<string | number, unknown>;
  const key = path.at(-1) ?? '';
  if (value === undefined && !Array.isArray(parent)) delete parent[key];
  else parent[key] = value;
}
