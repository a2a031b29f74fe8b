// Records what the installed kubectl asks for when it is given the commands of kubectl-commands.ts, into
// test/fixtures/kubectl/requests.json: `node test/conformance/record-kubectl.ts`. Only needed when that list changes.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApiServerFront } from '../../sandbox/apiserver/http.ts';
import type { ApiRequest, ApiResponse, ApiServer } from '../../sandbox/apiserver/types.ts';
import { realClock } from '../../sandbox/clock.ts';
import { createCluster } from '../../sandbox/cluster.ts';
import { systemRandom } from '../../sandbox/random.ts';
import { type KubectlCommand, wordsOf } from './kubectl-command.ts';
import { kubectlCommands } from './kubectl-commands.ts';
import type { RecordedCommand, RecordedRequest } from './kubectl-recording.ts';

const kept = ['accept', 'content-type'];

const cluster = createCluster({
  clock: realClock(),
  random: systemRandom(),
  runtime: 'real',
  node: { startDelayMs: 100, count: 2 },
});
const home = mkdtempSync(join(tmpdir(), 'slipway-record-'));
let heard: RecordedRequest[] = [];
const listening: ApiServer = {
  ...cluster.apiServer,
  async handle(request) {
    const response = await cluster.apiServer.handle(request);
    heard.push(record(request, response));
    return response;
  },
};
const front = await startApiServerFront(listening);
await cluster.start();
front.writeKubeconfig(join(home, 'kubeconfig'));
const recorded: RecordedCommand[] = [];
for (const command of kubectlCommands) {
  heard = [];
  await run(command);
  // What every command asks for anew is kept once.
  if (command.once !== true && heard.length > 0) recorded.push({ command: command.args, requests: heard });
}
mkdirSync(new URL('../fixtures/kubectl/', import.meta.url), { recursive: true });
const lines = recorded.map((one) => JSON.stringify(one)).join(',\n');
writeFileSync(new URL('../fixtures/kubectl/requests.json', import.meta.url), `[\n${lines}\n]\n`);
rmSync(home, { recursive: true, force: true });
process.exit();

function record({ method, path, query, headers, body }: ApiRequest, response: ApiResponse): RecordedRequest {
  const named = Object.entries(headers ?? {}).filter(
    ([name, value]) => value !== undefined && (kept.includes(name) || name.startsWith('impersonate-')),
  );
  return {
    method,
    path,
    ...(query === '' ? {} : { query: String(query) }),
    headers: Object.fromEntries(named) as Record<string, string>,
    ...bodyOf(body),
    status: response.status,
  };
}

function bodyOf(body: unknown): { body?: string; base64?: string } {
  if (!(body instanceof Uint8Array) || body.length === 0) return {};
  const bytes = Buffer.from(body);
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) && !text.includes('\0')
    ? { body: text }
    : { base64: bytes.toString('base64') };
}

function run(command: KubectlCommand): Promise<void> {
  const env = { ...process.env, HOME: home, KUBECONFIG: join(home, 'kubeconfig'), ...command.env };
  return new Promise((resolve) => {
    const child = execFile('kubectl', wordsOf(command), { env, cwd: home, timeout: 70_000 }, () => resolve());
    child.stdin?.end(command.input ?? '');
  });
}
