// The start of a plugin, as far as nobody but who starts it can see: host.test.ts has the rest of its life.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patientClock } from '../../../test/builders/provider-tools.ts';
import type { Logger } from '../../kubernetes/log.ts';
import { startPlugin } from './plugin-process.ts';

const nothing = (): void => {};
const log: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };

test('an end that comes while its folder is made starts nothing: it would be waited for', async () => {
  const closing = new AbortController();
  const kind = { cookie: 'metricprovider', serves: 'RpcMetricProviderPlugin' };
  const program = { path: '/bin/sh', args: ['-c', 'exec sleep 600'], environment: process.env };
  const starting = startPlugin({ ...program, kind, clock: patientClock, log, signal: closing.signal });
  closing.abort();
  await assert.rejects(starting, { name: 'PluginError', message: 'it is not started any more: the controller ends' });
});
