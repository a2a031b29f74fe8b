// Calls the plugin of a step over HTTP (analysis.md §5.12 and traffic.md §8.4 give the two forms): the Rollout, the step's
// configuration and what the plugin left as its status go there; a phase comes back.

import { type HttpClient, type HttpRequest, ProviderError } from '../../analysis/providers/contract.ts';
import type { Transport } from '../../kubernetes/transport.ts';
import { parseGoDuration } from '../../lang/go-duration.ts';
import { PluginError } from '../../plugins/plugin-error.ts';
import { findPlugin, type PluginRegistration } from '../../plugins/registration.ts';
import type { OutsideAnswer, OutsideCall } from '../types.ts';

type StepPluginCall = Extract<OutsideCall, { kind: 'stepPlugin' }>;
type StepPluginAnswer = Extract<OutsideAnswer, { is: 'stepPlugin' }>;

export interface StepPluginTools {
  readonly http: HttpClient;
  readonly transport: Transport;
  readonly signal: AbortSignal;
  readonly controllerNamespace: string;
}

const timeoutMs = 30_000;
const phases: readonly StepPluginAnswer['phase'][] = ['Running', 'Successful', 'Failed', 'Error'];

/** Throws a ProviderError where there is no such plugin, it cannot be reached, or its answer is none. */
export async function callStepPlugin(call: StepPluginCall, tools: StepPluginTools): Promise<OutsideAnswer> {
  const { name } = call.plugin;
  const registration = await findStepPlugin(name, tools);
  if (registration.isDisabled) return { is: 'stepPlugin', phase: 'Successful', isDisabled: true };
  const request = requestOf(call, registration);
  const { status, body } = await tools.http.send(request, tools.signal);
  const verb = call.operation.toLowerCase();
  if (status !== 200) throw new ProviderError(`failed to ${verb} via plugin: HTTP ${status}`);
  return answerOf(body, verb);
}

async function findStepPlugin(name: string, tools: StepPluginTools): Promise<PluginRegistration> {
  try {
    return await findPlugin('stepPlugins', name, tools);
  } catch (error) {
    if (error instanceof PluginError) throw cannotStart(name, error.message);
    throw error;
  }
}

function cannotStart(name: string, why: string): ProviderError {
  return new ProviderError(`failed to get step plugin ${name}: unable to start plugin system: ${why}`);
}

function requestOf(call: StepPluginCall, registration: PluginRegistration): HttpRequest {
  const { operation, plugin, rollout, status } = call;
  const context = { pluginName: plugin.name, config: plugin.config ?? {}, ...(status ? { status } : {}) };
  const post = (url: string, body: unknown): HttpRequest => ({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    timeoutMs,
  });
  switch (registration.protocol) {
    case 'jsonrpc':
      return post(registration.location, { method: operation, params: { rollout, context } });
    case 'http': {
      const url = `${registration.location.replace(/\/$/, '')}/v1/${operation.toLowerCase()}`;
      return post(url, { apiVersion: 'step.slipway.dev/v1', rollout, context });
    }
    default: {
      const hint = 'Slipway calls step plugins over HTTP (protocol: http, or an http+rpc:// location)';
      throw cannotStart(plugin.name, `plugin ${plugin.name} is an executable; ${hint}`);
    }
  }
}

/** `{phase, message, status, requeueAfter, error}`; `requeueAfter` as seconds or as a Go duration. */
function answerOf(body: string, verb: string): StepPluginAnswer {
  const failed = (text: string) => new ProviderError(`failed to ${verb} via plugin: ${text}`);
  let json: Readonly<Record<string, unknown>>;
  try {
    json = JSON.parse(body);
  } catch {
    throw failed('the answer is not JSON');
  }
  const { phase: told, message, error, status, requeueAfter } = json ?? {};
  if (typeof error === 'string' && error !== '') throw failed(error);
  const phase = phases.find((known) => known === told);
  if (phase === undefined) throw failed('the answer has no phase');
  const requeueAfterMs = spanOf(requeueAfter);
  return {
    is: 'stepPlugin',
    phase,
    ...(typeof message === 'string' && message !== '' ? { message } : {}),
    ...(isRecord(status) ? { status } : {}),
    ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }),
  };
}

function spanOf(value: unknown): number | undefined {
  const span =
    typeof value === 'string' ? parseGoDuration(value) : typeof value === 'number' ? value * 1000 : undefined;
  return span !== undefined && span > 0 ? span : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
