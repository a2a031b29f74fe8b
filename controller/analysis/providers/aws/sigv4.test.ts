// Signatures against the published example of AWS ("get-vanilla"), and the ways to credentials.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../../../../test/builders/loopback-service.ts';
import { makeProviderTools } from '../../../../test/builders/provider-tools.ts';
import { resolveAwsCredentials } from './credentials.ts';
import { signSigv4 } from './sigv4.ts';

test('signs as the example of AWS', () => {
  const signed = signSigv4(
    { method: 'GET', url: 'https://example.amazonaws.com/', timeoutMs: 1 },
    {
      service: 'service',
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
      now: Date.UTC(2015, 7, 30, 12, 36),
    },
  );
  assert.equal(
    signed.headers?.authorization,
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
      'Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  );
});

test('a role is assumed once for as long as its credentials last', async () => {
  const service = await startService();
  const Credentials = { AccessKeyId: 'A', SecretAccessKey: 'role-secret', SessionToken: 'T', Expiration: 1.9e9 };
  const body = JSON.stringify({ AssumeRoleResponse: { AssumeRoleResult: { Credentials } } });
  service.answer = () => ({ status: 200, body });
  const environment = {
    AWS_ENDPOINT_URL_STS: service.address,
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'own-secret',
  };
  const tools = makeProviderTools({ environment });
  const identity = { region: 'eu-west-1', roleArn: 'arn:aws:iam::1:role/r' };
  const first = await resolveAwsCredentials(identity, tools);
  await resolveAwsCredentials(identity, tools);
  assert.equal(first.credentials.secretAccessKey, 'role-secret');
  assert.equal(service.received.length, 1);
  assert.deepEqual(tools.redacted.slice(0, 2), ['role-secret', 'T']);
  tools.close();
  await service.close();
});

test('without credentials or a region that is said', async () => {
  const tools = makeProviderTools();
  await assert.rejects(resolveAwsCredentials({}, tools), /no AWS region/);
  await assert.rejects(resolveAwsCredentials({ region: 'eu-west-1' }, tools), /no AWS credentials were found/);
  tools.close();
});
