// Calls a metric plugin that is an executable (analysis.md §5.12): its arguments as Go's structs under the names by which
// plugins know them, its measurements back.

import type { EpochMillis } from '../../../lang/time.ts';
import { goType } from '../../../plugins/go-types.ts';
import type { GobRecord } from '../../../plugins/gob/decoder.ts';
import { decodeGoTime } from '../../../plugins/gob/time.ts';
import { GobError, type GobInterface, type GobType, gobInt, gobStruct } from '../../../plugins/gob/types.ts';
import type { PluginKind } from '../../../plugins/process/handshake.ts';
import { errorStringOf, type PluginProcess } from '../../../plugins/process/plugin-process.ts';
import { RpcError } from '../../../plugins/wire/rpc-client.ts';
import type { PluginMethod, PluginParams } from './request.ts';
import { failedVia, type PhaseAnswer, type PluginVerb, pluginAnswer } from './response.ts';

export const metricPlugins: PluginKind = { cookie: 'metricprovider', serves: 'RpcMetricProviderPlugin' };

const AnalysisRun = goType('AnalysisRun');
const Metric = goType('Metric');
const Measurement = goType('Measurement');

const argumentTypes: Readonly<Record<string, GobType>> = {
  RunArgs: gobStruct('RunArgs', { AnalysisRun: AnalysisRun.gob, Metric: Metric.gob }),
  TerminateAndResumeArgs: gobStruct('TerminateAndResumeArgs', {
    AnalysisRun: AnalysisRun.gob,
    Metric: Metric.gob,
    Measurement: Measurement.gob,
  }),
  GarbageCollectArgs: gobStruct('GarbageCollectArgs', {
    AnalysisRun: AnalysisRun.gob,
    Metric: Metric.gob,
    Limit: gobInt,
  }),
  GetMetadataArgs: gobStruct('GetMetadataArgs', { Metric: Metric.gob }),
};

const argumentNames = {
  Run: 'RunArgs',
  Resume: 'TerminateAndResumeArgs',
  Terminate: 'TerminateAndResumeArgs',
  GarbageCollect: 'GarbageCollectArgs',
  GetMetadata: 'GetMetadataArgs',
} as const;

type GoMethod = keyof typeof argumentNames;

/** Rejects with a ProviderError in the words of the reference. */
export async function measureByGo(
  plugin: PluginProcess,
  method: Exclude<PluginMethod, 'GarbageCollect'>,
  verb: PluginVerb,
  params: PluginParams,
  signal: AbortSignal,
): Promise<PhaseAnswer> {
  const told = (await call(plugin, method, verb, params, signal)) as GobRecord;
  const { Phase, Message, Value, Metadata, ResumeAt } = told ?? {};
  const measurement = {
    phase: Phase,
    message: Message,
    value: Value,
    metadata: recordOf(Metadata),
    resumeAt: timeOf(ResumeAt, verb),
  };
  return pluginAnswer(measurement, verb);
}

export async function collectByGo(plugin: PluginProcess, params: PluginParams, signal: AbortSignal): Promise<void> {
  const verb = 'garbage collect';
  const problem = errorStringOf(await call(plugin, 'GarbageCollect', verb, params, signal));
  if (problem !== '') throw failedVia(verb, problem);
}

/** What the plugin wants to be stored with the metric's result. A failure is logged, and nothing is stored. */
export async function metadataByGo(
  plugin: PluginProcess,
  { metric }: PluginParams,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  try {
    const told = await plugin.call('GetMetadata', argumentOf('GetMetadata', { metric }), signal);
    return recordOf(told) ?? {};
  } catch (error) {
    if (error instanceof RpcError) return {};
    throw error;
  }
}

async function call(
  plugin: PluginProcess,
  method: GoMethod,
  verb: PluginVerb,
  params: PluginParams,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await plugin.call(method, argumentOf(method, params), signal);
  } catch (error) {
    if (error instanceof RpcError) throw failedVia(verb, `${method} rpc call error: ${error.message}`);
    throw error;
  }
}

function argumentOf(method: GoMethod, params: Partial<PluginParams>): GobInterface {
  const name = argumentNames[method];
  const type = argumentTypes[name];
  if (type === undefined) throw new Error(`${name} has no type`);
  const value = {
    AnalysisRun: AnalysisRun.of(params.analysisRun),
    Metric: Metric.of(params.metric),
    Measurement: Measurement.of(params.measurement),
    Limit: params.limit,
  };
  return { name, type, value };
}

function timeOf(value: unknown, verb: PluginVerb): EpochMillis | undefined {
  try {
    return value instanceof Uint8Array ? decodeGoTime(value) : undefined;
  } catch (error) {
    if (error instanceof GobError) throw failedVia(verb, error.message);
    throw error;
  }
}

/** A map of texts; what else a plugin has in it is left out. */
function recordOf(map: unknown): Readonly<Record<string, string>> | undefined {
  if (!(map instanceof Map)) return undefined;
  return Object.fromEntries([...map].filter((entry) => entry.every((part) => typeof part === 'string')));
}
