// Jobs go to the cluster that ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG names, as the user that it names.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type LoopbackService, startService } from '../../test/builders/loopback-service.ts';
import { openFence } from '../kubernetes/fence.ts';
import { jobs } from '../kubernetes/resource.ts';
import { systemClock, systemRandom } from '../kubernetes/system-clock.ts';
import { connectJobCluster } from './job-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'job-cluster-'));
const deps = { clock: systemClock, random: systemRandom, fence: openFence };
let service: LoopbackService;
before(async () => {
  service = await startService();
  service.answer = ({ body }) => ({ status: 201, body });
});
after(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

test('none is connected unless it is named', async () => {
  assert.equal(await connectJobCluster({}, deps), undefined);
  assert.equal(await connectJobCluster({ ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG: '' }, deps), undefined);
});

test('a file names cluster and user', async () => {
  const file = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'jobs',
    contexts: [{ name: 'jobs', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: service.address } }],
    users: [{ name: 'u', user: { token: 'of-jobs' } }],
  };
  writeFileSync(file, JSON.stringify(config));
  const cluster = await connectJobCluster({ ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG: file }, deps);
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'n' } };
  const result = await cluster?.writer.create(jobs, job);
  cluster?.transport.close();
  assert.equal(result?.ok, true);
  const [asked] = service.received;
  assert.deepEqual(
    [asked?.method, asked?.url.split('?')[0], asked?.headers.authorization],
    ['POST', '/apis/batch/v1/namespaces/n/jobs', 'Bearer of-jobs'],
  );
});

test('a file that is not there, or "in-cluster" outside of one, is one clear line', async () => {
  const connect = (place: string) => connectJobCluster({ ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG: place }, deps);
  await assert.rejects(connect(join(folder, 'gone')), /^CredentialsError: [^\n]*gone/);
  await assert.rejects(connect('in-cluster'), /^CredentialsError: no cluster to talk to/);
});
