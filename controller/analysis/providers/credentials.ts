// A user's name and password go over the wire in a form of their own, which must not come back either.

import type { HttpRequest, ProviderTools } from './contract.ts';

/** Hides what the Authorization header holds after the name of its scheme. */
export function redactCredentials({ headers }: HttpRequest, tools: Pick<ProviderTools, 'redact'>): void {
  const credentials = headers?.authorization?.split(' ').at(-1);
  if (credentials) tools.redact(credentials);
}
