// How questions to the outside are asked: each by the client that knows how, which is only loaded when it is needed. What
// goes wrong is an answer.

import { ProviderError } from '../analysis/providers/contract.ts';
import { createHttpClient } from '../analysis/providers/http-client.ts';
import { connectElbv2, ThrottledError } from '../aws/elbv2.ts';
import type { Transport } from '../kubernetes/transport.ts';
import type { Clock } from '../lang/time.ts';
import { askTargets, TargetGroupError } from '../traffic/alb/client-targets.ts';
import type { Ask } from './calls.ts';
import type { OutsideAnswer } from './types.ts';

export interface AskOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Of the controller process: proxies, POD_NAMESPACE. What is for AWS, its SDK reads by itself. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly albResourceIdTags: readonly string[];
  readonly targetGroupBindingApis: readonly string[];
}

export function createAsk(options: AskOptions): Ask {
  const { transport, clock, environment, albResourceIdTags, targetGroupBindingApis: bindingApis } = options;
  const http = createHttpClient({ clock, environment });
  return async (call, signal) => {
    try {
      switch (call.kind) {
        case 'loadBalancers': {
          const { askLoadBalancers } = await import('../traffic/alb/client.ts');
          const tools = { http, clock, signal, redact: () => {}, resourceIdTags: albResourceIdTags };
          return { is: 'loadBalancers', facts: await askLoadBalancers(call.questions, tools) };
        }
        case 'targets': {
          const connect = () => connectElbv2({ http, clock, signal, redact: () => {} });
          const facts = await askTargets(call.question, { transport, signal, bindingApis, connect });
          return { is: 'targets', facts };
        }
        case 'stepPlugin': {
          const { callStepPlugin } = await import('./step-plugins/client.ts');
          const controllerNamespace = environment.POD_NAMESPACE ?? 'argo-rollouts';
          return await callStepPlugin(call, { http, transport, signal, controllerNamespace });
        }
      }
    } catch (error) {
      if (error instanceof ProviderError) return failed(error);
      throw error;
    }
  };
}

function failed(error: ProviderError): OutsideAnswer {
  const { message } = error;
  if (error instanceof TargetGroupError) {
    return { is: 'failed', message, isThrottled: error.isThrottled, subject: error.arn };
  }
  return { is: 'failed', message, isThrottled: error instanceof ThrottledError };
}
