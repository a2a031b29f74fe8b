// What an AWS load balancer controller reads from the annotations of an Ingress: actions (who gets how much) and
// conditions (whose requests). Names of fields may be written in capitals or not, as Go reads JSON; whatever cannot be
// obeyed is told, and serves nobody rather than everybody. Pure.

import type { Ingress } from '../../controller/api/kubernetes-types.ts';
import type { HeaderCondition, WeightedBackend } from './routes.ts';

export const albPrefix = 'alb.ingress.kubernetes.io';

/** The targets of the action that stands for the service `name`. */
export function albBackends(ingress: Ingress, name: string, problems: string[]): WeightedBackend[] {
  const reader = new AnnotationReader(ingress, `actions.${name}`, problems);
  const action = reader.read();
  if (action === undefined) return [];
  const type = fieldOf(action, 'type') ?? 'forward';
  if (type !== 'forward') return reader.refuse(`has the type ${JSON.stringify(type)}, which is not played here`);
  const groups = fieldOf(fieldOf(action, 'forwardConfig'), 'targetGroups');
  if (!Array.isArray(groups)) return reader.refuse('has no list forwardConfig.targetGroups');
  return groups.flatMap((group: unknown) => {
    const [service, weight = 1] = [fieldOf(group, 'serviceName'), fieldOf(group, 'weight')];
    if (typeof service !== 'string') return reader.refuse('has a target group without a serviceName');
    if (typeof weight !== 'number') return reader.refuse(`has the weight ${JSON.stringify(weight)}, not a number`);
    return [{ namespace: reader.namespace, service, port: portOf(fieldOf(group, 'servicePort')), weight }];
  });
}

/** What requests have to say to get to the service `name`; a condition without values is never met. */
export function albConditions(ingress: Ingress, name: string, problems: string[]): HeaderCondition[] {
  const reader = new AnnotationReader(ingress, `conditions.${name}`, problems);
  const never: HeaderCondition[] = [{ name: '', values: [] }];
  const conditions = reader.read();
  if (conditions === undefined) return reader.isThere ? never : [];
  if (!Array.isArray(conditions)) {
    reader.refuse('is not a list');
    return never;
  }
  return conditions.flatMap((condition: unknown) => {
    const config = fieldOf(condition, 'httpHeaderConfig');
    const [field, header, values] = [
      fieldOf(condition, 'field'),
      fieldOf(config, 'httpHeaderName'),
      fieldOf(config, 'values') ?? [],
    ];
    if (field === 'http-header' && typeof header === 'string' && Array.isArray(values)) {
      return [{ name: header.toLowerCase(), values: values.map(String) }];
    }
    reader.refuse(`has a condition on ${JSON.stringify(field) ?? 'nothing'} that is not obeyed here`);
    return never;
  });
}

/** One annotation, and what is wrong with it. */
class AnnotationReader {
  readonly #ingress: Ingress;
  readonly #key: string;
  readonly #problems: string[];

  constructor(ingress: Ingress, name: string, problems: string[]) {
    this.#ingress = ingress;
    this.#key = `${albPrefix}/${name}`;
    this.#problems = problems;
  }

  get namespace(): string {
    return this.#ingress.metadata.namespace ?? 'default';
  }

  get isThere(): boolean {
    return this.#text !== undefined;
  }

  get #text(): string | undefined {
    return this.#ingress.metadata.annotations?.[this.#key];
  }

  /** Undefined where it is missing or no JSON. */
  read(): unknown {
    if (this.#text === undefined) return undefined;
    try {
      return JSON.parse(this.#text) as unknown;
    } catch {
      this.refuse('is not JSON');
      return undefined;
    }
  }

  refuse(what: string): [] {
    const where = `Ingress ${this.namespace}/${this.#ingress.metadata.name ?? ''}`;
    this.#problems.push(`${where}: the annotation ${this.#key} ${what}; its route answers 503`);
    return [];
  }
}

/** Undefined where there is no object, or no such field in it. */
function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const key = Object.keys(value).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : (value as Readonly<Record<string, unknown>>)[key];
}

function portOf(port: unknown): number | string {
  if (typeof port === 'number') return port;
  if (typeof port !== 'string') return 80;
  return /^\d+$/.test(port) ? Number(port) : port;
}
