// What the SDK's errors say in one line. An answer that could not be read is never quoted, and of an answer to a question
// for credentials only the kind of the error is told: the rest of the text may hold anything.

import { ProviderError } from '../analysis/providers/contract.ts';

interface SdkError extends Error {
  /** Only of an error that AWS tells: whose fault it is. */
  readonly $fault?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  /** Of a file that cannot be read. */
  readonly code?: string;
  readonly syscall?: string;
}

/** In the words of the SDK for Go. */
export function operationProblem(operation: string, error: unknown): unknown {
  if (error instanceof ProviderError || !(error instanceof Error)) return error;
  const { name, message, $fault }: SdkError = error;
  const status = statusOf(error);
  const told = $fault === undefined ? 'the answer cannot be read' : `${name}: ${message}`;
  const text = status === undefined ? message : `StatusCode: ${status}, ${told}`;
  return new ProviderError(`operation error ${operation}, ${oneLine(text)}`);
}

export function credentialsProblem(error: unknown): unknown {
  if (error instanceof ProviderError || !(error instanceof Error)) return error;
  return new ProviderError(`no AWS credentials: ${credentialsText(error)}`);
}

function credentialsText(error: SdkError): string {
  const status = statusOf(error);
  if (status !== undefined) {
    const kind = error.$fault === undefined ? ', which cannot be read' : ` (${error.name})`;
    return `AWS answered with code ${status}${kind}`;
  }
  if (error.syscall === 'open' || error.syscall === 'read') {
    return `the web identity token of AWS cannot be read (${error.code})`;
  }
  // These quote what could not be read, a command line and what it wrote.
  if (error instanceof SyntaxError) return 'the answer cannot be read';
  if (error.message.startsWith('Command failed')) return 'the credential_process failed';
  return oneLine(error.message);
}

/** Of the answer that the error is about. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as SdkError).$metadata?.httpStatusCode : undefined;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 500);
}
