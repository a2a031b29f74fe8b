// The OpenAPI v2 document, as small as clients need it: which kinds take `fieldValidation` and `dryRun` in a patch.
// kubectl asks for it, in protobuf only, when a manifest is a `v1 List`. Field numbers: gnostic's OpenAPIv2.proto.

import type { KindRegistry, ResourceKind } from '../kinds/types.ts';

/** What clients ask for; a media type may hold no `@`, so the answer is named otherwise. */
export const openApiV2Accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
export const openApiV2ContentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const document = { swagger: 1, info: 2, paths: 8 } as const;
const info = { title: 1, version: 2 } as const;
const pathsPath = 2;
const named = { name: 1, value: 2 } as const;
const pathItemPatch = 8;
const operation = { parameters: 8, vendorExtension: 13 } as const;
const parametersItemParameter = 1;
const parameterNonBody = 2;
const nonBodyQuery = 3;
const queryParameter = { in: 2, name: 4 } as const;
const anyYaml = 2;

export function makeOpenApiV2(registry: KindRegistry): Uint8Array {
  const paths = registry
    .all()
    .filter((kind) => kind.verbs.includes('patch'))
    .map((kind) => message(pathsPath, concat(text(named.name, pathOf(kind)), message(named.value, patchItem(kind)))));
  return concat(
    text(document.swagger, '2.0'),
    message(document.info, concat(text(info.title, 'Kubernetes'), text(info.version, 'v1.36.2'))),
    message(document.paths, concat(...paths)),
  );
}

function pathOf(kind: ResourceKind): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  return `${root}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}/{name}`;
}

function patchItem(kind: ResourceKind): Uint8Array {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) =>
    message(
      operation.parameters,
      message(
        parametersItemParameter,
        message(
          parameterNonBody,
          message(nonBodyQuery, concat(text(queryParameter.in, 'query'), text(queryParameter.name, name))),
        ),
      ),
    ),
  );
  const yaml = `group: "${kind.group}"\nkind: ${kind.kind}\nversion: ${kind.version}\n`;
  const extension = concat(
    text(named.name, 'x-kubernetes-group-version-kind'),
    message(named.value, text(anyYaml, yaml)),
  );
  return message(pathItemPatch, concat(...parameters, message(operation.vendorExtension, extension)));
}

function text(field: number, value: string): Uint8Array {
  return message(field, new TextEncoder().encode(value));
}

/** A length-delimited field. */
function message(field: number, content: Uint8Array): Uint8Array {
  return concat(varint(field * 8 + 2), varint(content.length), content);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
