// What the web metrics of the recordings asked: the version of the API server, and an address where nobody listens.

import { type HttpClient, ProviderError } from '../../controller/analysis/providers/contract.ts';

const version = {
  buildDate: '2026-01-01T00:00:00Z',
  compiler: 'gc',
  emulationMajor: '1',
  emulationMinor: '36',
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  gitVersion: 'v1.36.2',
  goVersion: 'go1.26.8',
  major: '1',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  minor: '36',
  platform: 'linux/amd64',
};

export const recordedWeb: HttpClient = {
  send({ method, url }) {
    if (url.endsWith('/version')) return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(version) });
    const { host } = new URL(url);
    const verb = method.charAt(0) + method.slice(1).toLowerCase();
    return Promise.reject(new ProviderError(`${verb} "${url}": dial tcp ${host}: connect: connection refused`));
  },
};
