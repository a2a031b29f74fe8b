// Plain text answers, and the one for paths that nobody knows.

import type { ApiResponse } from './types.ts';

export function pageNotFound(): ApiResponse {
  return plainText(404, '404 page not found\n');
}

export function plainText(status: number, body: string): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
