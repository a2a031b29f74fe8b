// The recorded server has more groups than the sandbox, and the sandbox has the contract's CRDs: of discovery, only what
// both serve is compared, and hashes of OpenAPI documents and the server's address are free.

type Fields = Readonly<Record<string, unknown>>;

export function onlyServed(path: string, wanted: unknown, got: unknown): [unknown, unknown] {
  switch (path) {
    case '/apis':
      return commonMembers(wanted as Fields, got as Fields);
    case '/api':
      return [withoutAddress(wanted as Fields), withoutAddress(got as Fields)];
    case '/openapi/v3':
      return [openApiPaths(wanted, got), openApiPaths(got, wanted)];
    case '/version':
      // Where and when a binary was built.
      return [withoutBuild(wanted as Fields), withoutBuild(got as Fields)];
    case '/api/v1/nodes':
      return [withoutMachine(wanted), withoutMachine(got)];
    default:
      return [wanted, got];
  }
}

/** Of the table of nodes: what a node is, not what it says of its machine, nor who wrote it. */
function withoutMachine(table: unknown): unknown {
  const { rows = [], ...rest } = table as Fields & {
    readonly rows?: readonly { readonly cells: readonly unknown[] }[];
  };
  return { ...rest, rows: rows.map(({ cells }) => ({ cells: cells.slice(0, 4) })) };
}

function commonMembers(wanted: Fields, got: Fields): [unknown, unknown] {
  const key = wanted.kind === 'APIGroupList' ? 'groups' : 'items';
  const nameOf = (group: Fields): unknown => group.name ?? (group.metadata as Fields | undefined)?.name;
  const [left, right] = [wanted[key] as Fields[], got[key] as Fields[]];
  const keep = (groups: Fields[], others: Fields[]): Fields[] =>
    groups
      .filter((group) => others.some((other) => nameOf(other) === nameOf(group)))
      .map((group) => onlyCommonVersions(group, others.find((other) => nameOf(other) === nameOf(group))!))
      .sort((a, b) => customRank(nameOf(a)).localeCompare(customRank(nameOf(b))));
  return [
    { ...wanted, [key]: keep(left, right) },
    { ...got, [key]: keep(right, left) },
  ];
}

/** CRDs, and so their groups and resources, are listed in no order; the built-in groups keep theirs. */
function customRank(group: unknown): string {
  return typeof group === 'string' && group.includes('.') && !group.endsWith('.k8s.io') ? group : '';
}

/** Of aggregated discovery also only the resources that both have. */
function onlyCommonVersions(group: Fields, other: Fields): Fields {
  const versions = group.versions as Fields[];
  const versionName = (version: Fields): unknown => version.version;
  const kept = versions
    .filter((version) => (other.versions as Fields[]).some((one) => versionName(one) === versionName(version)))
    .map((version) => {
      if (!Array.isArray(version.resources)) return version;
      const same = (other.versions as Fields[]).find((one) => versionName(one) === versionName(version))!;
      const names = new Set((same.resources as Fields[]).map(({ resource }) => resource));
      const resources = (version.resources as Fields[]).filter(({ resource }) => names.has(resource));
      if (customRank((group.metadata as Fields).name) !== '') resources.sort(byResource);
      return { ...version, resources };
    });
  return { ...group, versions: kept };
}

function byResource(a: Fields, b: Fields): number {
  return String(a.resource).localeCompare(String(b.resource));
}

function withoutAddress(body: Fields): Fields {
  if (body.serverAddressByClientCIDRs === undefined) return body;
  return { ...body, serverAddressByClientCIDRs: 'free' };
}

function withoutBuild(body: Fields): Fields {
  const { gitCommit: _commit, gitTreeState: _state, buildDate: _date, goVersion: _go, ...rest } = body;
  return rest;
}

function openApiPaths(body: unknown, other: unknown): unknown {
  const pathsOf = (text: unknown): Record<string, Fields> =>
    (typeof text === 'string' ? (JSON.parse(text) as Fields) : (text as Fields)).paths as Record<string, Fields>;
  const others = pathsOf(other);
  return Object.entries(pathsOf(body))
    .filter(([path]) => Object.hasOwn(others, path))
    .map(([path, entry]) => [path, String(entry.serverRelativeURL).replace(/hash=[0-9A-Fa-f]+/, 'hash=#')])
    .sort();
}
