// A metric provider whose answers the test gives: what was asked is recorded, and an answer can be held back.

import type { Answer, Measurement, Provider, ProviderCall } from '../../controller/analysis/providers/contract.ts';

export type FakeAnswer = Answer | Error | Promise<Answer>;

export interface FakeCall {
  readonly kind: 'run' | 'resume' | 'terminate' | 'garbageCollect';
  readonly metric: string;
  readonly call: ProviderCall;
  readonly measurement?: Measurement;
}

export interface FakeProvider extends Provider {
  readonly calls: readonly FakeCall[];
}

/** `answer` is asked for each call; it may look at the number of calls of that metric before this one. */
export function fakeProvider(name: string, answer: (call: FakeCall, index: number) => FakeAnswer): FakeProvider {
  const calls: FakeCall[] = [];
  async function take(call: FakeCall): Promise<Answer> {
    const index = calls.filter((other) => other.metric === call.metric && other.kind === call.kind).length;
    calls.push(call);
    const given = await answer(call, index);
    if (given instanceof Error) throw given;
    return given;
  }
  return {
    name,
    calls,
    run: (call) => take({ kind: 'run', metric: call.metric.name, call }),
    resume: (call) => take({ kind: 'resume', metric: call.metric.name, call, measurement: call.measurement }),
    terminate: (call) => take({ kind: 'terminate', metric: call.metric.name, call, measurement: call.measurement }),
    async garbageCollect(call) {
      calls.push({ kind: 'garbageCollect', metric: call.metric.name, call });
    },
  };
}
