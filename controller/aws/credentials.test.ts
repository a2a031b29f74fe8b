// Every way to credentials that the SDK for Go knows and a pod can use, each against a service on loopback; and what is
// kept, shared and told when there are none.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setAwsEnvironment } from '../../test/builders/aws-environment.ts';
import { type LoopbackService, type Received, startService } from '../../test/builders/loopback-service.ts';
import {
  hastyClock,
  hastyNow,
  makeProviderTools,
  patientClock,
  type TestTools,
} from '../../test/builders/provider-tools.ts';
import type { Clock } from '../lang/time.ts';
import { type AwsIdentity, resolveAwsCredentials } from './credentials.ts';
import type { AwsTools } from './tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'aws-'));
// Where the SDK looks for who has signed in.
process.env.HOME = folder;
const inFile = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
let service: LoopbackService;
const opened: TestTools[] = [];
before(async () => {
  service = await startService();
});
beforeEach(() => {
  service.received.length = 0;
});
after(async () => {
  for (const tools of opened) tools.close();
  await service.close();
  rmSync(folder, { recursive: true });
});

function toolsWith(environment: Readonly<Record<string, string>>, clock: Clock = patientClock): AwsTools & TestTools {
  setAwsEnvironment(environment);
  const tools = makeProviderTools();
  opened.push(tools);
  return { ...tools, clock };
}

/** Who the credentials belong to, and what was asked for them. */
async function found(environment: Readonly<Record<string, string>>, identity: AwsIdentity = { region: 'eu-west-1' }) {
  const tools = toolsWith(environment);
  const { credentials, region } = await resolveAwsCredentials(identity, tools);
  return { id: credentials.accessKeyId, region, asked: service.received.map(asked), tools };
}

const asked = ({ method, url, body }: Received): string => {
  const form = new URLSearchParams(body);
  return [method, url, form.get('Action'), form.get('RoleArn'), form.get('RoleSessionName')].filter(Boolean).join(' ');
};

const lasting = (id: string, expiresAt = hastyNow + 3_600_000) => ({
  AccessKeyId: id,
  SecretAccessKey: `${id}-secret`,
  Token: `${id}-token`,
  Expiration: new Date(expiresAt).toISOString(),
});
const fromSts = (action: string, id: string, expiresAt?: number) => {
  const { Token: SessionToken, ...others } = lasting(id, expiresAt);
  const tags = Object.entries({ ...others, SessionToken }).map(([name, text]) => `<${name}>${text}</${name}>`);
  const result = `<${action}Result><Credentials>${tags.join('\n')}</Credentials></${action}Result>`;
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</${action}Response>`,
  };
};
const stsError = (status: number, code: string, message = '') => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});

test('the environment', async () => {
  const { id, asked } = await found({ AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's' });
  assert.deepEqual([id, asked], ['ENV', []]);
});

test('a web identity (IRSA): the token of the pod is given for the role', async () => {
  service.answer = () => fromSts('AssumeRoleWithWebIdentity', 'POD');
  const { id, asked, tools } = await found({
    AWS_WEB_IDENTITY_TOKEN_FILE: inFile('token', 'jwt.of.pod'),
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/pod',
    AWS_ROLE_SESSION_NAME: 'me',
    AWS_ENDPOINT_URL_STS: service.address,
  });
  assert.equal(id, 'POD');
  assert.deepEqual(asked, ['POST / AssumeRoleWithWebIdentity arn:aws:iam::1:role/pod me']);
  assert.equal(new URLSearchParams(service.received[0]?.body).get('WebIdentityToken'), 'jwt.of.pod');
  assert.equal(service.received[0]?.headers.authorization, undefined, 'that request is not signed');
  assert.deepEqual(tools.redacted, ['POD-secret', 'POD-token']);
});

test('the environment goes before the web identity, and both before the default profile', async () => {
  service.answer = () => fromSts('AssumeRoleWithWebIdentity', 'POD');
  const pod = {
    AWS_WEB_IDENTITY_TOKEN_FILE: inFile('token', 'jwt'),
    AWS_ROLE_ARN: 'r',
    AWS_ENDPOINT_URL_STS: service.address,
    AWS_SHARED_CREDENTIALS_FILE: inFile('c', '[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n'),
  };
  assert.equal((await found(pod)).id, 'POD');
  assert.equal((await found({ ...pod, AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's' })).id, 'ENV');
});

test('a profile that is named goes before everything, with its region', async () => {
  const files = {
    AWS_SHARED_CREDENTIALS_FILE: inFile(
      'c',
      '[default]\n[other]\naws_access_key_id = FILE\naws_secret_access_key = s\n',
    ),
    AWS_CONFIG_FILE: inFile('f', '# mine\n[profile other]\nregion = us-east-2\n'),
  };
  const { id, region } = await found(
    { ...files, AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's' },
    { profile: 'other' },
  );
  assert.deepEqual([id, region], ['FILE', 'us-east-2']);
});

test('a profile with a role and a source assumes that role', async () => {
  service.answer = () => fromSts('AssumeRole', 'ROLE');
  const { id, asked } = await found(
    {
      AWS_CONFIG_FILE: inFile(
        'f',
        '[profile ops]\nrole_arn=arn:aws:iam::1:role/ops\nsource_profile=base\nexternal_id=x\n' +
          '[profile base]\naws_access_key_id=BASE\naws_secret_access_key=s\n',
      ),
      AWS_ENDPOINT_URL_STS: service.address,
    },
    { profile: 'ops', region: 'eu-west-1' },
  );
  assert.equal(id, 'ROLE');
  assert.match(asked.join(), /^POST \/ AssumeRole arn:aws:iam::1:role\/ops /);
  assert.match(String(service.received[0]?.headers.authorization), /Credential=BASE\/\d+\/eu-west-1\/sts\//);
  assert.equal(new URLSearchParams(service.received[0]?.body).get('ExternalId'), 'x');
});

test('profiles that name each other end', async () => {
  const AWS_CONFIG_FILE = inFile(
    'f',
    '[profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=a\n',
  );
  await assert.rejects(found({ AWS_CONFIG_FILE }, { profile: 'a', region: 'r' }), {
    message: /^no AWS credentials: Detected a cycle .*Profiles visited: b, a$/,
  });
});

test('a profile whose credentials a process gives', async () => {
  const told = JSON.stringify({ Version: 1, AccessKeyId: 'PROCESS', SecretAccessKey: 's' });
  const command = (text: string) => `[profile p]\ncredential_process = ${text}\n`;
  const identity = { profile: 'p', region: 'r' };
  const { id } = await found({ AWS_CONFIG_FILE: inFile('f', command(`echo '${told}'`)) }, identity);
  assert.equal(id, 'PROCESS');
  const failing = { AWS_CONFIG_FILE: inFile('f', command('echo hidden >&2; exit 1')) };
  await assert.rejects(found(failing, identity), { message: 'no AWS credentials: the credential_process failed' });
});

test('a profile of single sign-on gives what the one who signed in may have, or says that nobody has', async () => {
  const AWS_CONFIG_FILE = inFile(
    'f',
    '[profile s]\nsso_session=mine\nsso_account_id=1\nsso_role_name=ops\n' +
      '[sso-session mine]\nsso_region=eu-west-1\nsso_start_url=https://mine.example/start\n',
  );
  const signIn = { AWS_CONFIG_FILE, AWS_ENDPOINT_URL_SSO: service.address };
  const identity = { profile: 's', region: 'r' };
  await assert.rejects(found(signIn, identity), { message: /^no AWS credentials: .*aws sso login/ });

  const cache = join(folder, '.aws/sso/cache');
  mkdirSync(cache, { recursive: true });
  const session = createHash('sha1').update('mine').digest('hex');
  writeFileSync(join(cache, `${session}.json`), '{"accessToken":"of-me","expiresAt":"2999-01-01T00:00:00Z"}');
  const roleCredentials = { accessKeyId: 'SSO', secretAccessKey: 's', sessionToken: 't', expiration: hastyNow };
  service.answer = () => ({ status: 200, body: JSON.stringify({ roleCredentials }) });
  const { id, asked } = await found(signIn, identity);
  assert.deepEqual([id, asked], ['SSO', ['GET /federation/credentials?account_id=1&role_name=ops']]);
  assert.match(String(service.received[0]?.headers['user-agent']), / slipway-controller$/);
});

test('a container is asked for its credentials (ECS)', async () => {
  service.answer = () => ({ status: 200, body: JSON.stringify(lasting('ECS')) });
  const { id, asked } = await found({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.address}/v2/credentials/1` });
  assert.deepEqual([id, asked], ['ECS', ['GET /v2/credentials/1']]);
  service.answer = () => ({ status: 200, body: 'own-secret' });
  const again = found({ AWS_CONTAINER_CREDENTIALS_FULL_URI: service.address });
  await assert.rejects(again, { message: 'no AWS credentials: the answer cannot be read' });
});

test('EKS Pod Identity: its agent is given the token in the file', async () => {
  service.answer = () => ({ status: 200, body: JSON.stringify(lasting('EKS')) });
  const { id, asked } = await found({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.address}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: inFile('eks', 'eks-token'),
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'not this one',
  });
  assert.deepEqual([id, asked], ['EKS', ['GET /v1/credentials']]);
  assert.equal(service.received[0]?.headers.authorization, 'eks-token');
});

test('no token goes to a host that is no agent', async () => {
  const environment = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.example/v1',
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'x',
  };
  await assert.rejects(found(environment), /^ProviderError: no AWS credentials: URL not accepted/);
});

test('an instance is asked with a session (IMDSv2), and without where that is not known', async () => {
  for (const [version, status] of [
    ['IMDSv2', 200],
    ['version 1', 404],
  ] as const) {
    service.received.length = 0;
    service.answer = ({ method, url }) => {
      if (method === 'PUT') return { status, body: 'session' };
      return { status: 200, body: url.endsWith('/node-role') ? JSON.stringify(lasting('EC2')) : 'node-role\n' };
    };
    const { id, asked } = await found({
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: service.address,
    });
    const folder = '/latest/meta-data/iam/security-credentials/';
    assert.equal(id, 'EC2');
    assert.deepEqual(asked, ['PUT /latest/api/token', `GET ${folder}`, `GET ${folder}node-role`]);
    const sent = service.received.slice(1).map(({ headers }) => headers['x-aws-ec2-metadata-token']);
    assert.deepEqual(sent, status === 200 ? ['session', 'session'] : [undefined, undefined], version);
  }
});

test('an instance that may only be asked with a session', async () => {
  service.answer = () => ({ status: 404 });
  const environment = {
    AWS_EC2_METADATA_DISABLED: 'false',
    AWS_EC2_METADATA_SERVICE_ENDPOINT: service.address,
    AWS_EC2_METADATA_V1_DISABLED: 'true',
  };
  await assert.rejects(found(environment), /no AWS credentials were found/);
  assert.deepEqual(service.received.map(asked), ['PUT /latest/api/token']);
});

test('a role is assumed once for as long as its credentials last, however many ask at once', async () => {
  let now = hastyNow;
  const tools = toolsWith(
    { AWS_ENDPOINT_URL_STS: service.address, AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'own-secret' },
    { ...patientClock, now: () => now },
  );
  const identity = { region: 'eu-west-1', roleArn: 'arn:aws:iam::1:role/r' };
  service.answer = () => fromSts('AssumeRole', 'FIRST');
  const all = await Promise.all(Array.from({ length: 20 }, () => resolveAwsCredentials(identity, tools)));
  assert.deepEqual(new Set(all.map(({ credentials }) => credentials.accessKeyId)), new Set(['FIRST']));
  await resolveAwsCredentials(identity, tools);
  assert.equal(service.received.length, 1);

  now += 3_600_000 - 200_000; // within the five minutes before their end
  service.answer = () => stsError(503, 'Unavailable');
  const kept = await resolveAwsCredentials(identity, tools);
  assert.equal(kept.credentials.accessKeyId, 'FIRST', 'the old ones are good for another 200 s');
  service.answer = () => fromSts('AssumeRole', 'SECOND', now + 3_600_000);
  assert.equal((await resolveAwsCredentials(identity, tools)).credentials.accessKeyId, 'SECOND');

  now += 3_600_000;
  service.answer = () => stsError(403, 'ExpiredToken', 'own-secret');
  await assert.rejects(resolveAwsCredentials(identity, tools), {
    message: 'no AWS credentials: AWS answered with code 403 (ExpiredToken)',
  });
  service.answer = () => ({ status: 200, body: 'own-secret' });
  await assert.rejects(resolveAwsCredentials(identity, tools), {
    message: 'no AWS credentials: AWS answered with code 200, which cannot be read',
  });
});

test('a service that never ends its answer is not waited for', async () => {
  service.answer = () => 'drip';
  const environment = {
    AWS_EC2_METADATA_DISABLED: 'false',
    AWS_EC2_METADATA_SERVICE_ENDPOINT: service.address,
  };
  await assert.rejects(resolveAwsCredentials({ region: 'eu-west-1' }, toolsWith(environment, hastyClock)), {
    message: 'no AWS credentials: context deadline exceeded (30 s)',
  });
});

test('one who leaves does not take the answer from the others', async () => {
  const abort = new AbortController();
  const tools = toolsWith({
    AWS_ENDPOINT_URL_STS: service.address,
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 's',
  });
  const identity = { region: 'eu-west-1', roleArn: 'r' };
  service.answer = () => {
    abort.abort();
    return fromSts('AssumeRole', 'ROLE');
  };
  const leaving = resolveAwsCredentials(identity, { ...tools, signal: abort.signal });
  const staying = resolveAwsCredentials(identity, tools);
  await assert.rejects(leaving, /context canceled/);
  assert.equal((await staying).credentials.accessKeyId, 'ROLE');
  assert.equal(service.received.length, 1);
});

test('without credentials, a region or a readable token that is said', async () => {
  await assert.rejects(found({}, {}), /no AWS region/);
  await assert.rejects(found({}), /no AWS credentials were found/);
  const AWS_WEB_IDENTITY_TOKEN_FILE = join(folder, 'nothing');
  await assert.rejects(
    found({ AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN: 'r' }),
    /token of AWS cannot be read \(ENOENT\)/,
  );
});
