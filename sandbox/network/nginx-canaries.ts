// Which requests does an NGINX canary Ingress take from the Ingress beside it? Header before cookie before weight, as
// ingress-nginx has it (traffic.md §3.2). Pure, like routes.ts.

import type { Ingress } from '../../controller/api/kubernetes-types.ts';
import type { RequestHead, WeightedBackend } from './routes.ts';

export const nginxPrefix = 'nginx.ingress.kubernetes.io';

export interface NginxCanary {
  /** `Ingress <namespace>/<name>` of the canary. */
  readonly source: string;
  readonly backend: WeightedBackend;
  /** `value` beats `pattern`; with neither the header says `always` or `never`. The name is in lower case. */
  readonly header?: { readonly name: string; readonly value?: string; readonly pattern?: RegExp };
  /** Says `always` or `never`. */
  readonly cookie?: string;
  /** 0 … total. */
  readonly weight: number;
  readonly total: number;
}

export function isCanaryIngress(ingress: Ingress): boolean {
  return ingress.metadata.annotations?.[`${nginxPrefix}/canary`] === 'true';
}

export function isNginxIngress({ metadata, spec }: Ingress): boolean {
  return (metadata.annotations?.['kubernetes.io/ingress.class'] ?? spec.ingressClassName) === 'nginx';
}

export function makeCanary(
  ingress: Ingress,
  source: string,
  backend: WeightedBackend,
  problems: string[],
): NginxCanary {
  const annotation = (name: string) => ingress.metadata.annotations?.[`${nginxPrefix}/${name}`];
  const total = countOf(annotation('canary-weight-total'), 100);
  const name = annotation('canary-by-header');
  const value = annotation('canary-by-header-value');
  const pattern = patternOf(annotation('canary-by-header-pattern'), source, problems);
  const cookie = annotation('canary-by-cookie');
  return {
    source,
    backend,
    ...(name
      ? {
          header: {
            name: name.toLowerCase(),
            ...(value === undefined ? {} : { value }),
            ...(pattern ? { pattern } : {}),
          },
        }
      : {}),
    ...(cookie ? { cookie } : {}),
    weight: Math.min(countOf(annotation('canary-weight'), 0), total),
    total,
  };
}

/** What serves this very request: one side where header or cookie decides, else both by weight. */
export function canaryBackends(canary: NginxCanary, stable: WeightedBackend, request: RequestHead): WeightedBackend[] {
  const verdict = byHeader(canary, request) ?? byCookie(canary, request);
  if (verdict !== undefined) return [verdict === 'canary' ? canary.backend : stable];
  return [
    { ...canary.backend, weight: canary.weight },
    { ...stable, weight: canary.total - canary.weight },
  ];
}

type Verdict = 'canary' | 'stable' | undefined;

function byHeader({ header }: NginxCanary, { headers }: RequestHead): Verdict {
  if (!header) return undefined;
  const given = headers[header.name];
  const text = typeof given === 'string' ? given : given?.[0];
  if (text === undefined) return undefined;
  if (header.value !== undefined) return text === header.value ? 'canary' : undefined;
  if (header.pattern) return header.pattern.test(text) ? 'canary' : undefined;
  return alwaysOrNever(text);
}

function byCookie({ cookie }: NginxCanary, { headers }: RequestHead): Verdict {
  if (cookie === undefined) return undefined;
  const given = headers.cookie;
  const pairs = (typeof given === 'string' ? [given] : (given ?? [])).flatMap((line) => line.split(';'));
  const pair = pairs.map((text) => text.trim()).find((text) => text.startsWith(`${cookie}=`));
  return alwaysOrNever(pair?.slice(cookie.length + 1));
}

function alwaysOrNever(text: string | undefined): Verdict {
  if (text === 'always') return 'canary';
  return text === 'never' ? 'stable' : undefined;
}

function countOf(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : otherwise;
}

function patternOf(text: string | undefined, source: string, problems: string[]): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch {
    problems.push(`${source}: canary-by-header-pattern is not a regular expression; it matches nothing`);
    return undefined;
  }
}
