// Every refusal of the API server in one table: code, reason and text as apimachinery's api/errors words them
// (spec/sandbox.md §4: bad input gets the API server's own kind of answer).

import type { Cause } from './kinds/types.ts';

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Partial<Cause>[];
  readonly retryAfterSeconds?: number;
}

export interface StatusBody {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  /** With where to go on after a page that came too late. */
  readonly metadata: { readonly continue?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** Group and plural (or kind) that a refusal speaks of. */
export interface Subject {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

export class Refusal extends Error {
  readonly code: number;
  readonly reason: string | undefined;
  readonly details: StatusDetails | undefined;
  readonly metadata: StatusBody['metadata'];

  constructor(
    code: number,
    reason: string | undefined,
    message: string,
    details?: StatusDetails,
    metadata: StatusBody['metadata'] = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.metadata = metadata;
  }

  status(): StatusBody {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** `deployments.apps`, or `configmaps` for the core group. */
export function qualifiedResource(subject: Subject): string {
  return subject.group === '' ? subject.plural : `${subject.plural}.${subject.group}`;
}

export function qualifiedKind(subject: Subject): string {
  return subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
}

function details(subject: Subject, name: string, more: StatusDetails = {}): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    kind: subject.plural,
    ...more,
  };
}

export function notFound(subject: Subject, name: string): Refusal {
  return new Refusal(404, 'NotFound', `${qualifiedResource(subject)} "${name}" not found`, details(subject, name));
}

export function alreadyExists(subject: Subject, name: string): Refusal {
  const message = `${qualifiedResource(subject)} "${name}" already exists`;
  return new Refusal(409, 'AlreadyExists', message, details(subject, name));
}

export const modifiedMeanwhile =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(subject: Subject, name: string, why: string): Refusal {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(subject)} "${name}": ${why}`;
  return new Refusal(409, 'Conflict', message, details(subject, name));
}

/** Preconditions of a deletion speak of the kind, not of the resource. */
export function preconditionFailed(subject: Subject, name: string, why: string): Refusal {
  return conflict({ ...subject, group: '', plural: subject.kind }, name, why);
}

/** 422 with one cause per field error. `subjectText` is `Deployment.apps`. */
export function invalid(subject: Subject, name: string, causes: readonly Cause[]): Refusal {
  return invalidNamed(qualifiedKind(subject), subject.group, subject.kind, name, causes);
}

export function invalidNamed(
  subjectText: string,
  group: string,
  kind: string,
  name: string,
  causes: readonly Cause[],
): Refusal {
  const message = `${subjectText} "${name}" is invalid: ${joinCauses(causes)}`;
  return new Refusal(422, 'Invalid', message, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    ...(causes.length === 0 ? {} : { causes }),
  });
}

/** Texts of field errors as Go's aggregate joins them: equal ones once, several in brackets. */
export function joinCauses(causes: readonly Cause[]): string {
  const texts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, 'BadRequest', message);
}

export function forbidden(subject: Subject, name: string, why: string, causes?: readonly Partial<Cause>[]): Refusal {
  const whom = name === '' ? qualifiedResource(subject) : `${qualifiedResource(subject)} "${name}"`;
  return new Refusal(
    403,
    'Forbidden',
    `${whom} is forbidden: ${why}`,
    details(subject, name, causes === undefined ? {} : { causes }),
  );
}

export function unauthorized(): Refusal {
  return new Refusal(401, 'Unauthorized', 'Unauthorized');
}

export function noSuchResource(): Refusal {
  return new Refusal(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): Refusal {
  return new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function unsupportedMediaType(accepted: readonly string[]): Refusal {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new Refusal(415, 'UnsupportedMediaType', message);
}

export function notAcceptable(accepted: readonly string[]): Refusal {
  const message = `only the following media types are accepted: ${accepted.join(', ')}`;
  return new Refusal(406, 'NotAcceptable', message);
}

export function internalError(message: string): Refusal {
  return new Refusal(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** `token` goes on with a list whose moment is forgotten. */
export function expired(message: string, token?: string): Refusal {
  return new Refusal(410, 'Expired', message, undefined, token === undefined ? {} : { continue: token });
}

export function tooManyRequests(
  message: string,
  retryAfterSeconds: number,
  causes?: readonly Partial<Cause>[],
): Refusal {
  return new Refusal(429, 'TooManyRequests', message, {
    ...(causes === undefined ? {} : { causes }),
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  });
}

export function success(subject: Subject, name: string, uid: string): StatusBody {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: details(subject, name, { uid }),
  };
}
