// The load on real sockets: what it makes of answers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { realClock } from '../clock.ts';
import { startLoad } from './load.ts';

const rows: readonly { readonly name: string; readonly headers: Record<string, string>; readonly want: string[] }[] = [
  {
    name: 'a pod that says whose it is',
    headers: { 'x-slipway-version': 'blue', 'x-slipway-pod-template-hash': '6fd4b6dfd' },
    want: ['blue', '6fd4b6dfd'],
  },
  {
    name: "a user's own program, of which the proxy says which pod it is",
    headers: { 'x-slipway-service': 'app', 'x-slipway-pod': 'my-app-6fd4b6dfd-x2k4p' },
    want: ['app', '6fd4b6dfd'],
  },
];

for (const { name, headers, want } of rows) {
  test(`counts the answers of ${name}`, async () => {
    const server = createServer((_request, response) => response.writeHead(200, headers).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const clock = realClock();
    let aheadMs = 0;
    const now = (): number => clock.now() + aheadMs;
    const load = startLoad({ clock: { ...clock, now }, port, host: 'app', path: '/', requestsPerSecond: 200 });
    while (load.summary(10).total < 3) await once(server, 'request');
    aheadMs = 2000; // only whole seconds are summed up
    const { byVersion, byPodHash, totalFailed } = load.summary(10);
    load.stop();
    server.closeAllConnections();
    server.close();
    assert.deepEqual([...Object.keys(byVersion), ...Object.keys(byPodHash)], want);
    assert.equal(totalFailed, 0);
  });
}
