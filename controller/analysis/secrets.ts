// What a call may know and nobody else: Secrets are read when used, and every form in which one may come back in an answer
// is taken out of what is stored (analysis.md §1.7; design.md §5.16).

import type { AnalysisRun, Argument } from '../api/types.generated.ts';
import { KubeError, type Transport } from '../kubernetes/transport.ts';
import type { HttpRequest } from './providers/contract.ts';
import { goJsonText } from './providers/wire/json.ts';
import type { CallAnswer } from './types.ts';

/** What may not be stored: grows while a call goes on. */
export interface Secrets {
  /** Decoded; undefined when there is none. Other failures are thrown. */
  read(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
  hide(secret: string): void;
  /** The text without anything that was hidden. */
  redact(text: string): string;
  /** The request, marked where its body holds what was hidden. */
  guard(request: HttpRequest): HttpRequest;
}

const redacted = '*****';
/** An API server that says nothing does not hold up a measurement for ever. */
const readMs = 30_000;

export function createSecrets(transport: Transport): Secrets {
  const hidden = new Set<string>();
  return {
    read: (namespace, name) => readSecret(transport, namespace, name),
    hide(secret) {
      for (const form of formsOf(secret)) if (form !== '') hidden.add(form);
    },
    redact(text) {
      // The longest first: one secret may begin with another.
      const longestFirst = [...hidden].sort((a, b) => b.length - a.length);
      return longestFirst.reduce((shown, secret) => shown.replaceAll(secret, redacted), text);
    },
    guard(request) {
      const { body = '' } = request;
      return hidden.values().some((secret) => body.includes(secret)) ? { ...request, hasSecretBody: true } : request;
    },
  };
}

/** As it is, in JSON, in that of stored values, in a URL or a form, in base64, and without the line end that files have. */
function formsOf(secret: string): string[] {
  const forms = [secret, secret.trim()].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    goJsonText(text).slice(1, -1),
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll('%20', '+'),
    new URLSearchParams([['', text]]).toString().slice(1),
  ]);
  const isWorthIt = secret.length >= 6; // of a shorter one the encoded form is found anywhere
  return isWorthIt ? [...forms, Buffer.from(secret, 'utf8').toString('base64')] : forms;
}

async function readSecret(
  transport: Transport,
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
    const { body } = await transport.request({ verb: 'GET', path, deadlineMs: readMs });
    const { data = {} } = body as { readonly data?: Readonly<Record<string, string>> };
    const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]);
    return Object.fromEntries(decoded) as Record<string, string>;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

/** The arguments that come from Secrets, all of them hidden from now on; or why the call cannot be made. */
export async function secretArguments(
  run: AnalysisRun,
  secrets: Secrets,
): Promise<ReadonlyMap<string, string> | CallAnswer> {
  const byName = new Map<string, string>();
  for (const argument of run.spec.args ?? []) {
    const found = await secretArgument(run, argument, secrets);
    if (found === undefined) continue;
    if (typeof found !== 'string') return found;
    secrets.hide(found);
    byName.set(argument.name, found);
  }
  return byName;
}

async function secretArgument(
  run: AnalysisRun,
  argument: Argument,
  secrets: Secrets,
): Promise<string | CallAnswer | undefined> {
  const reference = argument.valueFrom?.secretKeyRef;
  if (!reference) return undefined;
  try {
    const data = await secrets.read(run.metadata.namespace ?? '', reference.name);
    if (!data) return { is: 'unresolved', message: `secrets "${reference.name}" not found` };
    if (Object.hasOwn(data, reference.key)) return data[reference.key] ?? '';
    return { is: 'unresolved', message: `key '${reference.key}' does not exist in secret '${reference.name}'` };
  } catch (error) {
    // Not the run's fault (QUIRK of the reference, which kills the run): asked again later.
    if (error instanceof KubeError) return { is: 'retry', message: error.message };
    throw error;
  }
}
