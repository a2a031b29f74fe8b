// What is told of each round trip to the API server: a count by kind and verb (operations.md §9.2), a sign of life, and
// a log line from --kloglevel 6 on.

import type { RoundTripReport } from '../kubernetes/http-transport.ts';
import type { Logger } from '../kubernetes/log.ts';
import type { Health } from './health.ts';
import type { ControllerMetrics, RequestLabels } from './metrics.ts';

export function reportRoundTrips(options: {
  readonly metrics: ControllerMetrics;
  readonly health: Health;
  readonly log: Logger;
  readonly logLevel: number;
}): (report: RoundTripReport) => void {
  const { metrics, health, log, logLevel } = options;
  return (report) => {
    metrics.request(requestLabels(report));
    if (report.status >= 200 && report.status < 300) health.apiSucceeded();
    if (logLevel < 6) return;
    const { verb, path, body } = report.request;
    const fields = { verb, path, status: report.status, tookMs: Math.round(report.tookMs) };
    const isSecret = path.includes('/secrets');
    log.info(logLevel >= 8 && !isSecret && body !== undefined ? { ...fields, body } : fields, 'API request');
  };
}

const verbs: Readonly<Record<string, string>> = { POST: 'Create', PUT: 'Update', PATCH: 'Patch', DELETE: 'Delete' };
/** Kinds of which there are too many for a series each. */
const namelessKinds: ReadonlySet<string> = new Set(['events', 'replicasets', 'pods', 'jobs', 'analysisruns']);

export function requestLabels({ request, isWatch, status }: RoundTripReport): RequestLabels {
  const target = parsePath(request.path);
  const status_code = String(status);
  if (target === undefined) {
    return { kind: 'Unknown', namespace: 'Unknown', name: 'Unknown', verb: 'Unknown', status_code };
  }
  const { kind, namespace, name } = target;
  const verb = isWatch ? 'Watch' : (verbs[request.verb] ?? (name === '' ? 'List' : 'Get'));
  const hasName = verb !== 'List' && verb !== 'Watch' && name !== '' && !namelessKinds.has(kind);
  return { kind, namespace, name: hasName ? name : 'N/A', verb, status_code };
}

function parsePath(path: string): { kind: string; namespace: string; name: string } | undefined {
  const match = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?/.exec(path);
  if (match === null) return undefined;
  const [, namespace = '', kind = '', name = ''] = match;
  return { kind, namespace, name };
}
