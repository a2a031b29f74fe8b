// Paths that name no resource: health and version. Discovery and OpenAPI are in discovery/.

import { Refusal } from './refusals.ts';
import type { ApiResponse } from './types.ts';

/** The release whose behaviour is kept. */
export const serverVersion = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-06-09T00:00:00Z',
  goVersion: 'go1.26.4',
  compiler: 'gc',
  platform: 'linux/amd64',
};

export function answerNonResource(method: string, path: string): ApiResponse | undefined {
  const isHealth = ['/healthz', '/livez', '/readyz'].includes(path);
  if (!isHealth && path !== '/version') return undefined;
  if (method !== 'GET' && method !== 'HEAD') {
    throw new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
  }
  if (isHealth) return plainText(200, 'ok');
  return { status: 200, headers: { 'content-type': 'application/json' }, body: serverVersion };
}

export function pageNotFound(): ApiResponse {
  return plainText(404, '404 page not found\n');
}

export function plainText(status: number, body: string): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
