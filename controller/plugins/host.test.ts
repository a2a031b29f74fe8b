// Plugins as processes, against one that is written in Node: when they are started, that they are started again, and that
// none is left.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { fakePlugin } from '../../test/builders/fake-plugin.ts';
import { isRunning } from '../../test/builders/is-running.ts';
import { hurryingClock, patientClock } from '../../test/builders/provider-tools.ts';
import type { Logger } from '../kubernetes/log.ts';
import { goType } from './go-types.ts';
import { gobStruct } from './gob/types.ts';
import { createPluginHost, type PluginHost, type PluginHostOptions } from './host.ts';
import type { PluginProcess } from './process/plugin-process.ts';
import type { PluginRegistration } from './registration.ts';

const fake = fakePlugin();
const temporary = mkdtempSync(join(tmpdir(), 'host-'));
process.env.TMPDIR = temporary; // where sockets are
after(() => {
  assert.deepEqual(readdirSync(temporary), [], 'folders of sockets are removed');
  rmSync(temporary, { recursive: true });
  fake.remove();
});

const hosts: PluginHost[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

const kind = { cookie: 'metricprovider', serves: 'RpcMetricProviderPlugin' };
const registration: PluginRegistration = {
  name: 'acme/fake',
  location: `file://${fake.path}`,
  protocol: 'go-plugin',
  isDisabled: false,
  sha256: undefined,
  args: [],
  headerSecrets: [],
};

function makeHost(options: Partial<PluginHostOptions> = {}): PluginHost & { readonly lines: string[] } {
  const lines: string[] = [];
  const environment = process.env;
  const host = createPluginHost({
    clock: patientClock,
    log: listing(lines),
    environment,
    folder: fake.folder,
    ...options,
  });
  hosts.push(host);
  return { ...host, lines };
}

function use(host: PluginHost, plugin: Partial<PluginRegistration> = {}, signal?: AbortSignal): Promise<PluginProcess> {
  const options = { signal: signal ?? new AbortController().signal, readSecret: async () => undefined };
  return host.use(kind, { ...registration, ...plugin }, options);
}

const metric = goType('Metric');
const argumentType = gobStruct('RunArgs', { Metric: metric.gob });

/** Metadata of the answer, e.g. the process that gave it. */
async function run(plugin: PluginProcess, config: object = {}): Promise<Readonly<Record<string, string>>> {
  const value = { Metric: metric.of({ name: 'm', provider: { plugin: { 'acme/fake': config } } }) };
  const told = await plugin.call('Run', { name: 'RunArgs', type: argumentType, value });
  return Object.fromEntries((told as { Metadata: Map<string, string> }).Metadata);
}

const pidOf = async (plugin: PluginProcess) => Number((await run(plugin)).pid);

test('one process serves all uses, also those that come while it starts', async () => {
  const host = makeHost();
  const plugins = await Promise.all([use(host), use(host), use(host)]);
  const pids = new Set(await Promise.all(plugins.map(pidOf)));
  assert.equal(pids.size, 1);
  assert.equal((await run(await use(host))).runs, '4');
});

test('over TCP, too', async () => {
  const plugin = await use(makeHost(), { args: ['--tcp'] });
  assert.equal((await run(plugin, { a: '<é>' })).seen, '{"a":"<é>"}');
});

test('what it writes is logged, with its level where it tells one', async () => {
  const host = makeHost();
  await run(await use(host));
  await host.close();
  assert.ok(host.lines.includes('warn acme/fake said on stderr'), host.lines.join('\n'));
  assert.ok(host.lines.includes('info acme/fake said on stdout'), host.lines.join('\n'));
});

test('an answer of a megabyte, which is more than a window, arrives', async () => {
  const plugin = await use(makeHost());
  await run(plugin, { size: 1_000_000, padding: 'x'.repeat(700_000) });
  assert.ok((await run(plugin)).pid);
});

test('a crash in a call fails the call, and the next use starts it again', async () => {
  const host = makeHost();
  const plugin = await use(host);
  const before = await pidOf(plugin);
  await assert.rejects(run(plugin, { do: 'crash' }), { name: 'RpcError', message: 'unexpected EOF' });
  await assert.rejects(run(plugin), { name: 'RpcError', message: 'connection is shut down' });
  const after = await pidOf(await use(host));
  assert.notEqual(after, before);
});

test('a call that hangs is over after 30 s, and holds up no other call', async () => {
  const clock = hurryingClock();
  const plugin = await use(makeHost({ clock }));
  clock.hurried = 30_000;
  const hanging = assert.rejects(run(plugin, { do: 'hang' }), { message: 'no answer within 30 s' });
  clock.hurried = 0;
  assert.ok((await run(plugin)).pid);
  await hanging;
  assert.ok((await run(plugin)).pid);
});

test('an abort ends the wait for a call', async () => {
  const plugin = await use(makeHost());
  const abort = new AbortController();
  const value = { Metric: metric.of({ provider: { plugin: { 'acme/fake': { do: 'hang' } } } }) };
  const call = plugin.call('Run', { name: 'RunArgs', type: argumentType, value }, abort.signal);
  abort.abort();
  await assert.rejects(call, { message: 'context canceled' });
});

test('one that does not answer a ping is killed, and started again', async () => {
  const clock = hurryingClock();
  const host = makeHost({ clock });
  const deaf = { args: ['--no-ping', '--no-quit'] };
  clock.hurried = 10_000; // of a ping
  const first = await use(host, deaf);
  const before = await pidOf(first);
  const after = await pidOf(await use(host, deaf));
  assert.notEqual(after, before);
  await first.ended;
  assert.ok(!isRunning(before));
});

test('a changed entry starts it anew; the old one finishes its calls first', async () => {
  const host = makeHost();
  const old = await use(host);
  const before = await pidOf(old);
  const abort = new AbortController();
  const value = { Metric: metric.of({ provider: { plugin: { 'acme/fake': { do: 'hang' } } } }) };
  const waiting = old.call('Run', { name: 'RunArgs', type: argumentType, value }, abort.signal);
  const after = await pidOf(await use(host, { args: ['--more'] }));
  assert.notEqual(after, before);
  assert.ok(isRunning(before), 'a call still waits');
  abort.abort();
  await assert.rejects(waiting, { message: 'context canceled' });
  await old.ended;
  assert.ok(!isRunning(before));
});

const failures: readonly (readonly [name: string, plugin: Partial<PluginRegistration>, text: RegExp])[] = [
  ['ends at once', { args: ['--unknown'], location: 'file:///bin/false' }, /ended before it said .* \(exit status 1\)/],
  ['says nothing', { args: ['--say=nothing'] }, /did not say within 60 s how to reach it/],
  ['says something else', { args: ['--say=hello world'] }, /does not say how to reach it/],
  ['speaks gRPC', { args: ['--say=1|1|unix|/x|grpc|'] }, /speaks grpc, not netrpc/],
  ['has no socket', { args: ['--say=1|1|unix|/nonexistent|netrpc|'] }, /socket cannot be connected to: ENOENT/],
  ['cannot initialise itself', { args: ['--no-licence'] }, /could not initialise itself: no licence/],
  [
    'is no program',
    { location: `file://${join(fake.folder, 'text')}` },
    /ended before it said .* \(exit status 12[67]\)/,
  ],
  ['has no interpreter', { location: `file://${join(fake.folder, 'script')}` }, /cannot be started: no such file/],
  ['has too long arguments', { args: ['x'.repeat(3_000_000)] }, /cannot be started: its arguments, .*, are too long/],
  ['has an argument that cannot be', { args: ['a\0b'] }, /arguments have something in them/],
];
writeFileSync(join(fake.folder, 'text'), '\x7fELF no program');
writeFileSync(join(fake.folder, 'script'), '#!/nonexistent/interpreter\n');

for (const [name, plugin, text] of failures) {
  test(`one that ${name} is no plugin: said clearly, nothing is left, and another use tries again`, async () => {
    const clock = hurryingClock();
    const host = makeHost({ clock });
    const failed = {
      name: 'PluginError',
      message: new RegExp(`^unable to start plugin \\(acme/fake\\): .*${text.source}`),
    };
    if (name === 'says nothing') clock.hurried = 60_000;
    await assert.rejects(use(host, plugin), failed);
    await assert.rejects(use(host, plugin), failed);
    clock.hurried = 0;
    assert.ok(await pidOf(await use(host)));
  });
}

test('the end asks it to end, and kills what does not', async () => {
  for (const args of [[], ['--no-quit']]) {
    const host = makeHost();
    const pid = await pidOf(await use(host, { args }));
    await host.close();
    assert.ok(!isRunning(pid));
    await assert.rejects(use(host), { message: 'the controller ends' });
  }
});

test('the end kills what was about to start', async () => {
  const host = makeHost();
  const starting = assert.rejects(use(host, { args: ['--say=nothing'] }), { name: 'PluginError' });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await host.close();
  await starting;
});

test('an abort ends the wait for a start; who else waits gets the plugin', async () => {
  const host = makeHost();
  const abort = new AbortController();
  const given = assert.rejects(use(host, {}, abort.signal), { message: /context canceled/ });
  const other = use(host);
  abort.abort();
  await given;
  assert.ok(await pidOf(await other));
});

test('what was installed is not installed again when the process ended, but when the file is gone', async () => {
  const host = makeHost();
  const crash = async () => assert.rejects(run(await use(host), { do: 'crash' }));
  await crash();
  rmSync(fake.path);
  await crash();
  rmSync(join(fake.folder, 'plugin-bin'), { recursive: true });
  await assert.rejects(use(host), { message: /there is no file at file:/ });
});

function listing(lines: string[], prefix = ''): Logger {
  const line = (level: string) => (fields: { readonly says?: string }, message: string) =>
    void lines.push(`${level} ${prefix}${fields.says ?? message}`);
  const levels = { trace: line('trace'), debug: line('debug'), info: line('info'), warn: line('warn') };
  const child = (fields: object) => listing(lines, `${prefix}${Object.values(fields).join(' ')} `);
  return { ...levels, error: line('error'), child };
}
