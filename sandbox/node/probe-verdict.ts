// What a kubelet says of a probe's answer.

import type { ProbeAction, ProbeAnswer } from './probe.ts';

type Asked = Exclude<ProbeAction, { readonly kind: 'exec' }>;

/** Programs keep requests with this name out of their log. */
export const probeUserAgent = { 'user-agent': 'kube-probe/1.36' };

export function httpVerdict(status: number): ProbeAnswer {
  const ok = status >= 200 && status < 400;
  return { ok, message: ok ? '' : `HTTP probe failed with statuscode: ${status}` };
}

export function refusedAt(podIP: string, action: Asked): ProbeAnswer {
  const refused = `dial tcp ${podIP}:${action.port}: connect: connection refused`;
  return { ok: false, message: action.kind === 'http' ? `Get "${urlOf(podIP, action)}": ${refused}` : refused };
}

export function tooLateAt(podIP: string, action: Asked): ProbeAnswer {
  const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  const message = action.kind === 'http' ? `Get "${urlOf(podIP, action)}": ${late}` : 'i/o timeout';
  return { ok: false, message };
}

function urlOf(podIP: string, { port, path }: Extract<Asked, { readonly kind: 'http' }>): string {
  return `http://${podIP}:${port}${path}`;
}
