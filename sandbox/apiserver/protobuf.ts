// Bodies in protobuf: kubectl sends a few typed commands (create namespace, create configmap, auth can-i) only so
// (spec/sandbox.md §2). The envelope is `k8s\0` and runtime.Unknown; the message inside is read by protobuf-kinds.ts.

import type { JsonObject } from './kinds/types.ts';
import { readMessage } from './protobuf-kinds.ts';
import { bytesOf, ProtobufReader, textOf } from './protobuf-wire.ts';
import { badRequest } from './refusals.ts';

const magic = [0x6b, 0x38, 0x73, 0x00];

export function isProtobuf(body: Uint8Array): boolean {
  return magic.every((byte, index) => body[index] === byte);
}

export function decodeProtobuf(body: Uint8Array): JsonObject {
  try {
    const fields = new ProtobufReader(body.subarray(magic.length)).fields();
    const typeMeta = new ProtobufReader(bytesOf(fields, 1)).fields();
    const apiVersion = textOf(typeMeta, 1);
    const kind = textOf(typeMeta, 2);
    const message = readMessage(apiVersion, kind, bytesOf(fields, 2));
    if (message === undefined)
      throw badRequest(`no protobuf is understood for ${kind} in version "${apiVersion}": send JSON`);
    return { kind, apiVersion, ...message };
  } catch (problem) {
    if (problem instanceof RangeError) throw badRequest(`the protobuf in the body is not valid: ${problem.message}`);
    throw problem;
  }
}
