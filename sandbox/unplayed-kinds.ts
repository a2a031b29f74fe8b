// Workloads that the API server keeps like any other object, but that no controller of the sandbox acts on: who makes one
// is told at once, instead of waiting for pods (spec/sandbox.md §1 names the controllers that there are).

/** By `group/plural`. */
export const unplayedKinds: Readonly<Record<string, string>> = {
  '/replicationcontrollers': noPods('ReplicationControllers'),
};

function noPods(kinds: string): string {
  return `the sandbox does not play ${kinds}: no pods are made from this object`;
}
