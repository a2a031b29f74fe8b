// What Kayenta is asked (analysis.md §5.4): which configuration, a judgement of both scopes, how far it is.

import type { KayentaMetric, Metric, ScopeDetail } from '../../../api/types.generated.ts';
import { parseGoDuration } from '../../../lang/go-duration.ts';
import { formatRfc3339 } from '../../../lang/rfc3339.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import { type HttpRequest, ProviderError } from '../wire/exchange.ts';

const timeoutMs = 15_000;

export function configRequest(kayenta: KayentaMetric): HttpRequest {
  const parameters = new URLSearchParams({
    application: kayenta.application,
    // QUIRK: the account that stores, not the one that configures.
    configurationAccountName: kayenta.storageAccountName,
  });
  return { method: 'GET', url: `${base(kayenta)}/canaryConfig?${parameters}`, timeoutMs };
}

export function judgeRequest(
  kayenta: KayentaMetric,
  configId: string,
  scopes: Readonly<Record<string, unknown>>,
): HttpRequest {
  const parameters = new URLSearchParams({
    application: kayenta.application,
    metricsAccountName: kayenta.metricsAccountName,
    configurationAccountName: kayenta.configurationAccountName,
    storageAccountName: kayenta.storageAccountName,
  });
  const { pass, marginal } = kayenta.threshold;
  return {
    method: 'POST',
    url: `${base(kayenta)}/canary/${encodeURIComponent(configId)}?${parameters}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ scopes, thresholds: { pass, marginal } }),
    timeoutMs,
  };
}

export function executionRequest(kayenta: KayentaMetric, executionId: string): HttpRequest {
  return { method: 'GET', url: `${base(kayenta)}/canary/${encodeURIComponent(executionId)}`, timeoutMs };
}

/** Where neither scope says from when to when, it is the run so far, or the last interval. */
export function judgedScopes(
  { interval = '' }: Pick<Metric, 'interval'>,
  kayenta: KayentaMetric,
  times: { readonly runStartedAt: string | undefined; readonly now: EpochMillis },
): Readonly<Record<string, unknown>> {
  const { now } = times;
  const defaultStart = (): string => {
    if (kayenta.lookback) return times.runStartedAt ?? formatRfc3339(now);
    const span = parseGoDuration(interval);
    if (span === undefined) {
      const text = JSON.stringify(interval);
      throw new ProviderError(`Invalid duration ${text}: time: invalid duration ${text}`);
    }
    return formatRfc3339(now - span);
  };
  const scopes: Record<string, unknown> = {};
  for (const { name, controlScope, experimentScope } of kayenta.scopes) {
    for (const which of ['start', 'end'] as const) {
      if (Boolean(controlScope[which]) !== Boolean(experimentScope[which])) {
        throw new ProviderError(`controlScope.${which} and experimentScope.${which} must both be set or be empty`);
      }
    }
    const start = controlScope.start ? undefined : defaultStart();
    const end = controlScope.end ? undefined : formatRfc3339(now);
    const told = (scope: ScopeDetail): object => ({
      scope: scope.scope,
      location: scope.region,
      step: scope.step,
      start: scope.start || start,
      end: scope.end || end,
    });
    scopes[name] = { controlScope: told(controlScope), experimentScope: told(experimentScope) };
  }
  return scopes;
}

function base({ address }: KayentaMetric): string {
  return address.replace(/\/+$/, '');
}
