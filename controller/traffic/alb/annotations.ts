// The action and condition annotations, to the byte: users compare them as strings (traffic.md §2.3, §2.12).

import type { SetHeaderRoute } from '../../api/types.generated.ts';
import type { AlbSettings } from './settings.ts';

const maxStickySeconds = 604_800; // seven days, the load balancer's own limit

export function actionKey({ prefix }: AlbSettings, service: string): string {
  return `${prefix}/actions.${service}`;
}

export function conditionKey({ prefix }: AlbSettings, route: string): string {
  return `${prefix}/conditions.${route}`;
}

export function stickinessProblem({ stickySeconds }: AlbSettings): string | undefined {
  if (stickySeconds === undefined || (stickySeconds >= 1 && stickySeconds <= maxStickySeconds)) return undefined;
  return "TargetGroupStickinessConfig's duration must be between 1 and 604800 seconds (7 days)!";
}

/** Compact JSON with the keys in this order and capitalisation. */
export function formatAction(
  settings: AlbSettings,
  targets: readonly { readonly serviceName: string; readonly weight: number }[],
): string {
  const { stickySeconds } = settings;
  return goJson({
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: targets.map(({ serviceName, weight }) => ({
        ServiceName: serviceName,
        ServicePort: String(settings.servicePort),
        Weight: weight,
      })),
      ...(stickySeconds === undefined
        ? {}
        : { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: stickySeconds } }),
    },
  });
}

/** One element per header name in order of first appearance; values of one name are alternatives. */
export function formatConditions(route: SetHeaderRoute): string {
  const valuesByName = new Map<string, string[]>();
  for (const { headerName, headerValue } of route.match ?? []) {
    const values = valuesByName.get(headerName) ?? [];
    values.push(headerValue.exact ?? '');
    valuesByName.set(headerName, values);
  }
  return goJson(
    [...valuesByName].map(([httpHeaderName, values]) => ({
      field: 'http-header',
      httpHeaderConfig: { httpHeaderName, values },
    })),
  );
}

/** JSON as Go's default encoder writes it: some characters are escaped for HTML's sake. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
