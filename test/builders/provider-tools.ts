// The tools of a metric provider for tests: the real HTTP client, whose timeouts may pass a hundred times faster, so that
// 30 s are over in 0.3 s, and a list of what the provider asked to be redacted.

import type { ProviderTools } from '../../controller/analysis/providers/contract.ts';
import { createHttpClient, type HttpClientOptions } from '../../controller/analysis/providers/http-client.ts';
import type { KubeRequest, KubeResponse, Transport } from '../../controller/kubernetes/transport.ts';
import type { Writer } from '../../controller/kubernetes/writer.ts';
import type { Clock } from '../../controller/lang/time.ts';
import type { PluginHost } from '../../controller/plugins/host.ts';

export const hastyNow = Date.UTC(2026, 10, 21, 3, 15, 4);

function fixedClock(haste: number): Clock {
  return {
    now: () => hastyNow,
    schedule(delayMs, run) {
      const timer = setTimeout(run, delayMs / haste);
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

/** For answers that never come. */
export const hastyClock = fixedClock(100);
/** For answers that do come, however busy the machine is. */
export const patientClock = fixedClock(1);

/** Patient, but for timers of the one length (ms) that it is told: of what hangs, while other things have to go on. */
export function hurryingClock(): Clock & { hurried: number } {
  const clock = {
    hurried: 0,
    now: () => patientClock.now(),
    schedule: (delayMs: number, run: () => void) =>
      (delayMs === clock.hurried ? hastyClock : patientClock).schedule(delayMs, run),
  };
  return clock;
}

export interface TestTools extends ProviderTools {
  /** All that was passed to `redact`. */
  readonly redacted: string[];
  close(): void;
}

export function makeProviderTools(
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly signal?: AbortSignal;
    readonly request?: (request: KubeRequest) => Promise<KubeResponse>;
    readonly writer?: Partial<Writer>;
    readonly plugins?: PluginHost;
    readonly http?: Partial<HttpClientOptions>;
  } = {},
): TestTools {
  const environment = options.environment ?? {};
  const http = createHttpClient({ clock: patientClock, environment, ...options.http });
  const redacted: string[] = [];
  const unexpected = (): never => {
    throw new Error('the provider was not expected to call the cluster, or a plugin');
  };
  const transport: Transport = { request: options.request ?? unexpected, watch: unexpected, close: () => {} };
  const signal = options.signal ?? new AbortController().signal;
  return {
    send: (request) => http.send(request, signal),
    http,
    transport,
    writer: { create: unexpected, delete: unexpected, ...options.writer } as unknown as Writer,
    plugins: options.plugins ?? { use: unexpected, close: unexpected },
    clock: hastyClock,
    random: { next: () => 0.5 },
    signal,
    environment,
    controllerNamespace: 'argo-rollouts',
    readSecret: async (namespace, name) => options.secrets?.[`${namespace}/${name}`],
    redact: (secret) => redacted.push(secret),
    redacted,
    close: () => http.close(),
  };
}
