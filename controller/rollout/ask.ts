// How questions to the outside are asked: each by the client that knows how, which is only loaded when it is needed. What
// goes wrong is an answer.

import { ProviderError } from '../analysis/providers/contract.ts';
import { createHttpClient } from '../analysis/providers/http-client.ts';
import { ThrottledError } from '../aws/elbv2.ts';
import type { Transport } from '../kubernetes/transport.ts';
import type { Clock } from '../lang/time.ts';
import type { Ask } from './calls.ts';
import type { OutsideAnswer } from './types.ts';

export interface AskOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Of the controller process: proxies, POD_NAMESPACE. What is for AWS, its SDK reads by itself. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly albResourceIdTags: readonly string[];
}

export function createAsk({ transport, clock, environment, albResourceIdTags }: AskOptions): Ask {
  const http = createHttpClient({ clock, environment });
  return async (call, signal) => {
    try {
      switch (call.kind) {
        case 'loadBalancers': {
          const { askLoadBalancers } = await import('../traffic/alb/client.ts');
          const tools = { http, clock, signal, redact: () => {}, resourceIdTags: albResourceIdTags };
          return { is: 'loadBalancers', facts: await askLoadBalancers(call.questions, tools) };
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
  return { is: 'failed', message: error.message, isThrottled: error instanceof ThrottledError };
}
