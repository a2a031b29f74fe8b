// Compares an answer with a recorded one: placeholders (`<uid-1>`, `<rv-2>`, `<time>`, ...) bind to the first value seen
// and must then stay equal; what the recording leaves free (ages, order of managedFields, the node's name) is not compared.

export class Bindings {
  readonly #values = new Map<string, string>();

  get(placeholder: string): string | undefined {
    return this.#values.get(placeholder);
  }

  /** False when the placeholder already stands for something else, or the value stands under another placeholder. */
  bind(placeholder: string, value: string): boolean {
    const known = this.#values.get(placeholder);
    if (known !== undefined) return known === value;
    const kind = placeholder.replace(/-\d+>$/, '');
    // Addresses may come back to the pool and be given again.
    if (kind === '<ip') {
      this.#values.set(placeholder, value);
      return true;
    }
    for (const [other, taken] of this.#values) {
      if (taken === value && other.replace(/-\d+>$/, '') === kind) return false;
    }
    this.#values.set(placeholder, value);
    return true;
  }

  copy(): Bindings {
    const copy = new Bindings();
    for (const [placeholder, value] of this.#values) copy.#values.set(placeholder, value);
    return copy;
  }
}

const placeholder = /<(?:uid|rv|name|ip|token)-\d+>|<time>|<microtime>/g;

/** A request with what its placeholders stand for; those not seen yet get a value of their own. */
export function fillIn<T>(value: T, bindings: Bindings): T {
  const written = JSON.stringify(value).replace(placeholder, (found) => bindings.get(found) ?? unseen(found));
  return JSON.parse(written) as T;
}

function unseen(found: string): string {
  if (found === '<time>') return '2026-01-01T00:00:00Z';
  if (found === '<microtime>') return '2026-01-01T00:00:00.000000Z';
  return found.startsWith('<uid') ? '00000000-0000-4000-8000-000000000000' : '1';
}

/** The first difference as `path: wanted ..., got ...`; undefined when they match. Binds placeholders as it goes. */
export function findDifference(wanted: unknown, got: unknown, bindings: Bindings, path = ''): string | undefined {
  if (typeof wanted === 'string') return matchText(wanted, got, bindings, path);
  if (Array.isArray(wanted)) return matchList(wanted, got, bindings, path);
  if (typeof wanted === 'object' && wanted !== null) return matchObject(wanted as Fields, got, bindings, path);
  return wanted === got ? undefined : differs(path, wanted, got);
}

type Fields = Readonly<Record<string, unknown>>;

function differs(path: string, wanted: unknown, got: unknown): string {
  return `${path || '(whole)'}: wanted ${shown(wanted)}, got ${shown(got)}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}

function matchText(wanted: string, got: unknown, bindings: Bindings, path: string): string | undefined {
  if (wanted === got) return undefined;
  if (typeof got !== 'string') return differs(path, wanted, got);
  const [left, right] = [normal(wanted), normal(got)];
  const names: string[] = [];
  const pattern = left
    .split(placeholder)
    .map(escapeRegex)
    .reduce((whole, part, index) => {
      const name = left.match(placeholder)?.[index - 1] ?? '';
      if (name === '<time>') return `${whole}\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ${part}`;
      if (name === '<microtime>') return `${whole}\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z${part}`;
      names.push(name);
      return `${whole}(.+?)${part}`;
    });
  const match = new RegExp(`^${pattern}$`, 's').exec(right);
  if (match === null) return differs(path, wanted, got);
  const bound = names.every((name, index) => bindings.bind(name, match[index + 1]!));
  return bound ? undefined : `${path}: ${wanted} already stands for something else than ${got}`;
}

/** Ages, times and versions within texts are free; a JSON document quoted in one is compared without its order. */
function normal(text: string): string {
  if (/^(\d+[smhd])+$/.test(text) || text === '<unknown>') return '<age>';
  return text
    .replace(/Invalid value: ("\{(?:[^"\\]|\\.)*\}")/, (_whole, quoted: string) => `Invalid value: ${sorted(quoted)}`)
    .replace(/\((\d{4,})\)/g, '(#)')
    .replace(/current: \d+/, 'current: #');
}

function sorted(quoted: string): string {
  const document: unknown = JSON.parse(JSON.parse(quoted) as string);
  const clean = JSON.stringify(sortKeys(prepare(document)))
    .replace(/"resourceVersion":"\d+"/g, '"resourceVersion":"#"')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '@');
  return clean;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, key === 'managedFields' ? sortEntries(member) : sortKeys(member)]),
  );
}

function matchList(wanted: readonly unknown[], got: unknown, bindings: Bindings, path: string): string | undefined {
  if (!Array.isArray(got)) return differs(path, wanted, got);
  for (const [index, item] of wanted.entries()) {
    if (index >= got.length) return differs(`${path}[${index}]`, item, undefined);
    const difference = findDifference(item, got[index], bindings, `${path}[${index}]`);
    if (difference !== undefined) return difference;
  }
  return got.length > wanted.length ? differs(`${path}[${wanted.length}]`, undefined, got[wanted.length]) : undefined;
}

function matchObject(wanted: Fields, got: unknown, bindings: Bindings, path: string): string | undefined {
  if (typeof got !== 'object' || got === null || Array.isArray(got)) return differs(path, wanted, got);
  const [left, right] = [prepare(wanted), prepare(got as Fields)];
  for (const key of Object.keys(left)) {
    const filled = fillIn(key, bindings);
    const found = Object.hasOwn(right, key) ? right[key] : right[filled];
    const difference = findDifference(left[key], found, bindings, `${path}.${key}`);
    if (difference !== undefined) return difference;
  }
  const known = new Set(Object.keys(left).flatMap((key) => [key, fillIn(key, bindings)]));
  const surplus = Object.keys(right).find((key) => !known.has(key));
  return surplus === undefined ? undefined : differs(`${path}.${surplus}`, undefined, right[surplus]);
}

/** What may differ by the recording's own words is taken out or put in order. */
function prepare(value: unknown): Fields {
  const result: Record<string, unknown> = { ...(value as Fields) };
  if (Array.isArray(result.managedFields)) {
    const entries = sortEntries(result.managedFields);
    if (entries.length > 0) result.managedFields = entries;
    else delete result.managedFields;
  }
  if (Array.isArray(result.columnDefinitions)) {
    result.columnDefinitions = result.columnDefinitions.map((column: Fields) => {
      const { description: _prose, ...rest } = column;
      return rest;
    });
  }
  if (result.kind === 'Status') return inOrder(result);
  return result;
}

/** The schema of a custom resource is a map, which Go walks in no order: so are the causes that it finds. */
function inOrder(status: Fields): Fields {
  const { message } = status;
  const details = status.details as { readonly causes?: readonly Fields[] } | undefined;
  const causes = details?.causes;
  if (causes === undefined || causes.length < 2 || typeof message !== 'string') return status;
  const key = (cause: Fields): string => `${cause.field} ${cause.message}`;
  return {
    ...status,
    message: message.replace(/\[(.*)\]$/s, (_whole, list: string) => `[${list.split(', ').sort().join(', ')}]`),
    details: { ...details, causes: [...causes].sort((a, b) => (key(a) < key(b) ? -1 : 1)) },
  };
}

/** Entries in one order; the node's own are free (which status fields it owns, and its name). */
function sortEntries(entries: unknown): unknown[] {
  const rank = ({ manager, operation, subresource, apiVersion }: Fields): string =>
    [manager, operation, subresource ?? '', apiVersion].join(' ');
  return (entries as Fields[])
    .filter(({ manager }) => manager !== 'lab-kubelet' && manager !== 'kubelet')
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
