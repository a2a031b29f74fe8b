// Does what is written as a status fit the CRD, so that every typed client can decode it (rollout.md §1.4)? Asked at each
// status write of each row: unknown fields, wrong types and missing ones are told by the API server's own validator.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { parseYaml } from '../../controller/lang/yaml.ts';
import { customKinds } from '../../sandbox/apiserver/crd/custom-kinds.ts';
import type { ApiObject } from '../../sandbox/apiserver/kinds/types.ts';
import { decodeCustom } from '../../sandbox/apiserver/schemas/decode-custom.ts';
import { validateStructural } from '../../sandbox/apiserver/schemas/validate-structural.ts';

const definition = new URL('../../crds/rollouts.yaml', import.meta.url);
const [kind] = customKinds(parseYaml(readFileSync(definition, 'utf8')) as ApiObject);

/** What is stored may hold fields of newer versions: they survive, and are not told. */
export function assertStatusFitsSchema(rollout: Rollout, status: unknown): void {
  const known = problemsOf(rollout, rollout.status);
  const problems = problemsOf(rollout, status).filter((problem) => !known.includes(problem));
  assert.deepEqual(problems, [], 'the status fits the schema of the CRD');
}

function problemsOf(rollout: Rollout, status: unknown): string[] {
  if (!kind) throw new Error('the CRD serves no version');
  const { name = '', namespace = '' } = rollout.metadata;
  // The spec is somebody else's: rows may hold what the schema would refuse.
  const text = JSON.stringify({ ...rollout, metadata: { name, namespace }, spec: {}, status });
  const { object, strictProblems } = decodeCustom(kind.schema(), JSON.parse(text) as ApiObject);
  const causes = validateStructural(kind.schema(), object, undefined);
  // A null would be written as a deletion.
  return [
    ...strictProblems,
    ...causes.map(({ field, message }) => `${field}: ${message}`),
    ...nullsIn(status, 'status'),
  ];
}

function nullsIn(value: unknown, path: string): string[] {
  if (value === null) return [`${path}: null`];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => nullsIn(inner, `${path}.${key}`));
}
