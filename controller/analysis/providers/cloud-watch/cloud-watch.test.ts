// What CloudWatch is asked over the wire and what is told of its errors; how answers are read is held by answers.test.ts,
// every wrong way of answering by contract.test.ts.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setAwsEnvironment } from '../../../../test/builders/aws-environment.ts';
import { type LoopbackService, startService } from '../../../../test/builders/loopback-service.ts';
import { hastyNow, makeProviderTools } from '../../../../test/builders/provider-tools.ts';
import type { CloudWatchMetric } from '../../../api/types.generated.ts';
import type { Answer } from '../contract.ts';
import { cloudWatch } from './client.ts';

let service: LoopbackService;
before(async () => {
  service = await startService();
});
beforeEach(() => {
  service.received.length = 0;
  service.answer = () => ({ status: 200, body: '{"MetricDataResults":[]}' });
});
after(() => service.close());

async function measure(settings: CloudWatchMetric, endpoint = service.address): Promise<Answer> {
  setAwsEnvironment({
    AWS_ENDPOINT_URL_CLOUDWATCH: endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  const tools = makeProviderTools();
  try {
    const metric = { name: 'm', provider: { cloudWatch: settings } };
    return await cloudWatch.run({ metric, run: {} as never, finishedCount: 0 }, tools);
  } finally {
    tools.close();
  }
}

const stat = {
  metric: { namespace: 'app', metricName: 'errors', dimensions: [{ name: 'TargetGroup', value: 'tg' }] },
  period: '300',
  stat: 'Sum',
  unit: 'Count',
};

test('queries are asked for as they are written, over the last interval and signed by the controller', async () => {
  const metricDataQueries = [
    { id: 'rate', expression: 'FILL(errors, 0)', label: 'Rate', period: 60 },
    { id: 'errors', returnData: false, metricStat: stat },
  ];
  await measure({ interval: '30m', metricDataQueries });
  const [{ headers, body }] = service.received as [(typeof service.received)[number]];
  assert.equal(headers['x-amz-target'], 'GraniteServiceVersion20100801.GetMetricData');
  assert.match(String(headers['user-agent']), / slipway-controller/);
  assert.match(
    String(headers.authorization),
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/monitoring\/aws4_request, /,
  );
  assert.deepEqual(JSON.parse(body), {
    StartTime: hastyNow / 1000 - 1800,
    EndTime: hastyNow / 1000,
    MetricDataQueries: [
      { Id: 'rate', Expression: 'FILL(errors, 0)', Label: 'Rate', Period: 60 },
      {
        Id: 'errors',
        ReturnData: false,
        MetricStat: {
          Metric: {
            Namespace: 'app',
            MetricName: 'errors',
            Dimensions: [{ Name: 'TargetGroup', Value: 'tg' }],
          },
          Period: 300,
          Stat: 'Sum',
          Unit: 'Count',
        },
      },
    ],
  });
});

test('errors of AWS are told by their kind, and nothing is asked twice', async () => {
  const told = [
    [400, { __type: 'com.amazonaws#Throttling', message: 'Rate exceeded' }, '400, Throttling: Rate exceeded'],
    [403, { __type: 'AccessDenied', Message: 'not\nyou' }, '403, AccessDenied: not you'],
    [500, 'secret', '500, the answer cannot be read'],
  ] as const;
  for (const [status, body, want] of told) {
    service.answer = () => ({ status, body: typeof body === 'string' ? body : JSON.stringify(body) });
    await assert.rejects(measure({ metricDataQueries: [{ id: 'a', expression: 'x' }] }), {
      name: 'ProviderError',
      message: `operation error CloudWatch: GetMetricData, StatusCode: ${want}`,
    });
  }
  assert.equal(service.received.length, told.length);
});

test('an interval that is none is an error before anything is asked', async () => {
  await assert.rejects(measure({ interval: 'soon', metricDataQueries: [] }), {
    message: 'time: invalid duration "soon"',
  });
  assert.deepEqual(service.received, []);
});

test('an endpoint that is none is told', async () => {
  await assert.rejects(measure({ metricDataQueries: [] }, 'nowhere'), {
    message: 'operation error CloudWatch: GetMetricData, Invalid URL',
  });
});
