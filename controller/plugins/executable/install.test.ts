// How executables come to plugin-bin: from files and servers, with digests and headers; what is refused, and that nothing
// of it can be run.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { makeServingCertificate } from '../../../sandbox/apiserver/certificate.ts';
import { type LoopbackService, startService } from '../../../test/builders/loopback-service.ts';
import { hastyClock, patientClock } from '../../../test/builders/provider-tools.ts';
import { createAgents } from '../../analysis/providers/http-agents.ts';
import { KubeError } from '../../kubernetes/transport.ts';
import type { Clock } from '../../lang/time.ts';
import type { PluginRegistration } from '../registration.ts';
import { installExecutable } from './install.ts';

const program = '#!/bin/sh\necho hello\n';
const digest = createHash('sha256').update(program).digest('hex');

let service: LoopbackService;
let elsewhere: LoopbackService;
before(async () => {
  [service, elsewhere] = await Promise.all([startService(), startService()]);
});
after(() => Promise.all([service.close(), elsewhere.close()]));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'install-'));
  service.received.length = 0;
  elsewhere.received.length = 0;
  for (const each of [service, elsewhere]) each.answer = () => ({ status: 200, body: program });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Given {
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly signal?: AbortSignal;
  readonly authorities?: readonly string[];
  readonly clock?: Clock;
}

function install(plugin: Partial<PluginRegistration>, given: Given = {}): Promise<string> {
  const registration = { name: 'acme/p', location: `${service.address}/p`, protocol: 'go-plugin' as const, ...plugin };
  const rest = { isDisabled: false, sha256: undefined, args: [], headerSecrets: [] };
  const agents = createAgents({ authorities: given.authorities ?? [] });
  const options = {
    folder,
    agents,
    clock: given.clock ?? patientClock,
    signal: given.signal ?? new AbortController().signal,
  };
  return installExecutable(
    { ...rest, ...registration },
    { ...options, readSecret: async (name) => given.secrets?.[name] },
  );
}

const target = () => join(folder, 'plugin-bin', 'acme', 'p');
const whatIsThere = () =>
  existsSync(join(folder, 'plugin-bin', 'acme')) ? readdirSync(join(folder, 'plugin-bin', 'acme')) : [];

async function isInstalled(plugin: Partial<PluginRegistration>, given: Given = {}): Promise<void> {
  assert.equal(await install(plugin, given), target());
  assert.equal(readFileSync(target(), 'utf8'), program);
  assert.equal(statSync(target()).mode & 0o777, 0o700);
  assert.deepEqual(whatIsThere(), ['p'], 'nothing else is left');
}

test('a download, with and without its digest, in either case', async () => {
  for (const sha256 of [undefined, digest, digest.toUpperCase()]) await isInstalled({ sha256 });
});

test('what is there already, and has the digest, is not fetched again', async () => {
  await install({ sha256: digest });
  service.answer = () => ({ status: 500 });
  await isInstalled({ sha256: digest });
  assert.equal(service.received.length, 1);
});

test('what is there without a digest to tell is fetched again', async () => {
  mkdirSync(join(folder, 'plugin-bin', 'acme'), { recursive: true });
  writeFileSync(target(), 'an older one', { mode: 0o700 });
  await isInstalled({});
});

test('a file: absolute, relative as the reference’s documentation has it, and with its digest', async () => {
  writeFileSync(join(folder, 'my plugin'), program);
  for (const location of [`file://${folder}/my%20plugin`, 'file://./my%20plugin', 'file:my%20plugin']) {
    await isInstalled({ location });
    rmSync(target());
  }
  await isInstalled({ location: 'file://./my%20plugin', sha256: digest });
});

test('each key of its Secrets is a header', async () => {
  const secrets = { one: { Authorization: 'Bearer t\n' }, two: { 'X-Team': 'a' } };
  await isInstalled({ headerSecrets: ['one', 'two'] }, { secrets });
  assert.equal(service.received[0]?.headers.authorization, 'Bearer t');
  assert.equal(service.received[0]?.headers['x-team'], 'a');
});

test('a redirect is followed, and takes no header from a Secret to another host', async () => {
  service.answer = () => ({ status: 302, headers: { location: `${elsewhere.address}/q` } });
  await isInstalled({ headerSecrets: ['one'] }, { secrets: { one: { authorization: 'Bearer t', 'x-team': 'a' } } });
  const [received] = elsewhere.received;
  assert.equal(received?.url, '/q');
  assert.deepEqual([received?.headers.authorization, received?.headers['x-team']], [undefined, undefined]);
});

test('from https to http goes nothing', async () => {
  const certificate = await makeServingCertificate();
  const secure = await startService({ tls: { cert: certificate.certificate, key: certificate.key } });
  secure.answer = () => ({ status: 302, headers: { location: elsewhere.address } });
  const given = { authorities: [certificate.ca] };
  await assert.rejects(install({ location: secure.address }, given), { message: /redirected from https to http/ });
  await secure.close();
  assert.deepEqual(elsewhere.received, []);
});

test('200 to 399 is an answer', async () => {
  for (const status of [200, 203, 300, 399]) {
    service.answer = () => ({ status, body: program });
    await isInstalled({});
  }
});

const names = ['p', 'a/b/c', '../p', 'acme/..', 'acme/.', 'ac.me/p', 'acme/p\n', '/etc/passwd', 'acme/', 'acme/a b'];
for (const name of names) {
  test(`the name ${JSON.stringify(name)} leads nowhere`, async () => {
    const message = `plugin repository (${name}) must be in the format of <namespace>/<name>`;
    await assert.rejects(install({ name }), { name: 'PluginError', message });
    assert.deepEqual([readdirSync(folder), service.received], [[], []]);
  });
}

const refusals: readonly (readonly [name: string, given: () => Partial<PluginRegistration>, text: RegExp])[] = [
  ['another scheme', () => ({ location: 'oci://x/p' }), /^plugin location must be of http\(s\) or file scheme$/],
  ['no location', () => ({ location: '' }), /^plugin location must be of http\(s\) or file scheme$/],
  ['a digest of another length', () => ({ sha256: 'dac10cbf' }), /must have 64 hexadecimal digits/],
  ['a digest of other digits', () => ({ sha256: 'g'.repeat(64) }), /must have 64 hexadecimal digits/],
  ['another digest', () => ({ sha256: '0'.repeat(64) }), new RegExp(`its sha256 is ${digest}, but 0+ is wanted`)],
  ['no file', () => ({ location: 'file:///nonexistent/p' }), /^there is no file at file:\/\/\/nonexistent\/p$/],
  ['a folder', () => ({ location: 'file:///etc' }), /there is no file/],
  ['nobody there', () => ({ location: 'http://127.0.0.1:1/?token=secret' }), /connection refused$/],
  ['a Secret that is not there', () => ({ headerSecrets: ['s'] }), /there is no Secret s for its headers/],
];
for (const [name, given, message] of refusals) {
  test(`refuses ${name}, and leaves nothing`, async () => {
    await assert.rejects(install(given()), (error: Error) => {
      assert.equal(error.name, 'PluginError');
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    assert.deepEqual(whatIsThere(), []);
  });
}

test('the digest of a file is looked at, too', async () => {
  writeFileSync(join(folder, 'p'), program);
  await assert.rejects(install({ location: 'file://./p', sha256: '0'.repeat(64) }), { message: /is wanted/ });
  assert.deepEqual(whatIsThere(), []);
});

const behaviours = [{ status: 404 }, { status: 500, body: 'x' }, 'break', 'noise'] as const;
for (const behaviour of behaviours) {
  test(`a server that answers ${JSON.stringify(behaviour)} is tried again the next time`, async () => {
    service.answer = () => behaviour;
    await assert.rejects(install({}), { name: 'PluginError', message: /^it cannot be fetched from its location: / });
    assert.deepEqual(whatIsThere(), []);
    service.answer = () => ({ status: 200, body: program });
    await isInstalled({});
  });
}

test('a circle of redirects ends', async () => {
  service.answer = ({ url }) => ({ status: 307, headers: { location: url } });
  await assert.rejects(install({}), { message: /stopped after 10 redirects/ });
});

test('an answer that never ends is given up', async () => {
  for (const behaviour of ['drip', 'hang'] as const) {
    const abort = new AbortController();
    service.answer = () => {
      setTimeout(() => abort.abort(), 30);
      return behaviour;
    };
    await assert.rejects(install({}, { signal: abort.signal }), {
      message: /took too long, or is not wanted any more/,
    });
    assert.deepEqual(whatIsThere(), []);
  }
});

test('a server that says nothing is given up after 30 s', async () => {
  service.answer = () => 'hang';
  await assert.rejects(install({}, { clock: hastyClock }), { message: /no answer within 30 s$/ });
});

test('a Secret that may not be read is said', async () => {
  const readSecret = () => Promise.reject(new KubeError({ status: 403, reason: 'Forbidden', message: 'no' }));
  const agents = createAgents({});
  const plugin = {
    name: 'acme/p',
    location: service.address,
    protocol: 'go-plugin',
    isDisabled: false,
    sha256: undefined,
  } as const;
  const call = installExecutable(
    { ...plugin, args: [], headerSecrets: ['s'] },
    { folder, agents, clock: patientClock, readSecret, signal: new AbortController().signal },
  );
  await assert.rejects(call, { name: 'PluginError', message: /the Secret s for its headers cannot be read/ });
});

test('a folder that cannot be written says what is needed', async () => {
  writeFileSync(join(folder, 'plugin-bin'), 'a file where the folder should be');
  await assert.rejects(install({}), { name: 'PluginError', message: /cannot be used \((ENOTDIR|EEXIST)\)/ });
});
