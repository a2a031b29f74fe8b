// What the answers of services mean, and what conditions make of them: V-73 to V-84 of analysis.md §8.7, and the errors that
// §5 names for each provider. What goes over the wire is held by contract.test.ts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Conditions, verdictOf } from '../assess/verdict.ts';
import { cloudWatchAnswer } from './cloud-watch/response.ts';
import { graphiteRequest } from './graphite/request.ts';
import { graphiteAnswer } from './graphite/response.ts';
import { influxdbRequest } from './influxdb/request.ts';
import { influxdbAnswer } from './influxdb/response.ts';
import { kayenta } from './kayenta/client.ts';
import { configRequest, judgedScopes } from './kayenta/request.ts';
import { configId, judgement, judgementStarted } from './kayenta/response.ts';
import { newRelicRequest } from './new-relic/request.ts';
import { newRelicAnswer } from './new-relic/response.ts';
import { prometheusRequest } from './prometheus/request.ts';
import { prometheusAnswer } from './prometheus/response.ts';
import { skywalkingRequest } from './skywalking/request.ts';
import { skywalkingAnswer } from './skywalking/response.ts';
import { wavefrontAnswer } from './wavefront/response.ts';
import { webAnswer } from './web/response.ts';
import type { Answer, HttpAnswer } from './wire/exchange.ts';

const now = Date.UTC(2026, 10, 21);
const seconds = now / 1000;
const http = (body: unknown, status = 200): HttpAnswer => ({
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** The phase of a measurement with these conditions, or the message of its error. */
function verdict(answer: Answer, conditions: Conditions): string {
  assert.ok(answer.is === 'value');
  const { phase, message } = verdictOf(conditions, answer.result, now);
  return phase === 'Error' ? `Error: ${message}` : phase;
}
const textOf = (answer: Answer) => (answer.is === 'value' ? answer.value : answer.phase);

describe('prometheus', () => {
  const vector = (...values: string[]) =>
    prometheusAnswer(
      http({
        status: 'success',
        data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
      }),
    );

  test('V-73: an empty vector is no data', () => {
    assert.equal(
      verdict(vector(), { successCondition: 'result[0] >= 0.95' }),
      'Error: could not evaluate successCondition "result[0] >= 0.95": metric result is nil or empty: no data returned from the metric provider',
    );
    assert.equal(verdict(vector(), { successCondition: 'len(result) == 0 || result[0] >= 0.95' }), 'Successful');
  });

  test('V-74: NaN compares false both ways', () => {
    assert.equal(textOf(vector('NaN')), '[NaN]');
    assert.equal(verdict(vector('NaN'), { successCondition: 'result[0] < 0.05' }), 'Failed');
    assert.equal(verdict(vector('NaN'), { failureCondition: 'result[0] >= 0.05' }), 'Successful');
  });

  test('V-75: with both conditions NaN is neither', () => {
    const both = { successCondition: 'result[0] < 0.05', failureCondition: 'result[0] >= 0.05' };
    assert.equal(verdict(vector('NaN'), both), 'Inconclusive');
    assert.equal(
      verdict(vector('0.5'), { ...both, successCondition: 'result[0] > 0.1' }),
      'Failed',
      'failure goes first',
    );
  });

  test('V-84: a path of the address stays before the API', () => {
    const { url, method } = prometheusRequest(
      { address: 'http://p/prom', query: 'up' },
      { defaultAddress: undefined, now },
    );
    assert.equal(`${method} ${url}`, 'POST http://p/prom/api/v1/query');
  });
});

describe('web', () => {
  test('V-76: an empty body is the result, and is judged', () => {
    const empty = webAnswer(http(''), undefined);
    assert.equal(textOf(empty), '');
    assert.equal(verdict(empty, { successCondition: "result == 'ok'" }), 'Failed');
    assert.equal(verdict(empty, {}), 'Successful');
  });

  test('V-77: a status that is no 2xx is an error', () => {
    for (const status of [199, 301, 404, 500]) {
      assert.throws(() => webAnswer(http('{}', status), undefined), {
        message: `received non 2xx response code: ${status}`,
      });
    }
    assert.equal(textOf(webAnswer(http('{}', 204), undefined)), '{}');
  });

  test('V-78: a text is no boolean', () => {
    const told = webAnswer(http({ ok: 'true' }), '{$.ok}');
    assert.match(verdict(told, { successCondition: 'result == true' }), /^Error: .*mismatched types string and bool/);
    assert.equal(verdict(told, { successCondition: 'result == "true"' }), 'Successful');
    assert.equal(textOf(told), '"true"');
  });
});

describe('wavefront', () => {
  const series = (...points: (readonly [number, number])[]) => ({ label: 'x', data: points });

  test('V-81: one series is a number with two decimals, several are a list', () => {
    const one = wavefrontAnswer(http({ timeseries: [series([seconds, 0.5])] }), now);
    assert.ok(one.is === 'value');
    assert.deepEqual([one.result, one.value], [0.5, '0.50']);
    const two = wavefrontAnswer(http({ timeseries: [series([seconds, 1]), series([seconds - 5, 2.5])] }), now);
    assert.equal(textOf(two), '[1.00,2.50]');
    assert.deepEqual(two.metadata, { timestamps: `${seconds},${seconds - 5}`, drift: '0,5' });
  });

  test('the point that is closest to now counts, before or after it', () => {
    const given = series([seconds - 60, 1], [seconds + 10, 2], [seconds - 20, 3]);
    assert.equal(textOf(wavefrontAnswer(http({ timeseries: [given] }), now)), '2.00');
  });

  test('no series is an error', () => {
    for (const timeseries of [[], [series()], null]) {
      assert.throws(() => wavefrontAnswer(http({ timeseries }), now), {
        message: 'No TimeSeries found in response from Wavefront',
      });
    }
  });
});

describe('cloudWatch', () => {
  const told = { Id: 'rate', Label: 'rate', StatusCode: 'Complete', Timestamps: [new Date(0)], Values: [0.1, 0.2] };
  const answer = cloudWatchAnswer({ MetricDataResults: [told], Messages: [{ Code: 'c', Value: 'v' }] } as never);

  test('V-82: fields are capitalised', () => {
    assert.match(verdict(answer, { successCondition: 'result[0].values[0] < 1' }), /^Error: /);
    const right = { successCondition: 'len(result[0].Values) > 0 and all(result[0].Values, {# <= 0.2})' };
    assert.equal(verdict(answer, right), 'Successful');
    assert.equal(verdict(answer, { successCondition: 'result[0].StatusCode == "Complete"' }), 'Successful');
  });

  test('messages are told', () => {
    assert.ok(answer.is === 'value');
    assert.deepEqual(answer.metadata, { messages: '[{"Code":"c","Value":"v"}]' });
  });

  test('an answer without results, and values that are no numbers', () => {
    assert.throws(() => cloudWatchAnswer({}), { message: 'the answer of CloudWatch has no results' });
    const strange = { MetricDataResults: [{ Values: ['1'] }] } as never;
    assert.throws(() => cloudWatchAnswer(strange), { message: 'a value of CloudWatch is no number' });
  });
});

describe('kayenta', () => {
  const settings = { threshold: { pass: 95, marginal: 75 } } as never;
  const scored = (score: unknown) => http({ complete: true, result: { judgeResult: { score: { score } } } });

  test('V-83: the score loses its fraction before it is judged', () => {
    const phases = [94.9, 95, 75, 74.99].map((score) => {
      const { phase, value } = judgement(scored(score), settings, now) as { phase: string; value?: string };
      return [phase, value];
    });
    assert.deepEqual(phases, [
      ['Inconclusive', '94'],
      ['Successful', '95'],
      ['Inconclusive', '75'],
      ['Failed', '74'],
    ]);
  });

  test('an unfinished judgement is looked at again, a strange one is an error', () => {
    const running = judgement(http({ complete: false }), settings, now);
    assert.deepEqual(running, { is: 'phase', phase: 'Running', resumeAt: now + 15_000 });
    assert.throws(() => judgement(http({}), settings, now), { message: 'Missing Complete Status' });
    assert.throws(() => judgement(scored(undefined), settings, now), { message: 'Missing Score' });
    assert.throws(() => judgement(http('', 502), settings, now), { message: 'Invalid Response: HTTP 502' });
    assert.throws(() => configId(http([{ name: 'other', id: '1' }]), 'mine'), { message: 'Canary config not found' });
    assert.throws(() => judgementStarted(http({}), now), { message: 'Invalid canaryExecutionId' });
  });

  test('QUIRK: the configuration is looked for under the account that stores, and names are encoded', () => {
    const named = {
      address: 'http://k/',
      application: 'guest book',
      storageAccountName: 's&t',
      configurationAccountName: 'c',
    };
    assert.equal(
      configRequest(named as never).url,
      'http://k/canaryConfig?application=guest+book&configurationAccountName=s%26t',
    );
  });

  test('BUG of the reference: a judgement that is ended does not go on in the run', async () => {
    assert.deepEqual(await kayenta.terminate?.({} as never, {} as never), { is: 'phase', phase: 'Inconclusive' });
  });

  test('BUG of the reference: with lookback, before the run has started, it is now', () => {
    const scope = { scope: 'a', region: 'r', step: 60 };
    const settings = { lookback: true, scopes: [{ name: 's', controlScope: scope, experimentScope: scope }] } as never;
    const scopes = judgedScopes({}, settings, { runStartedAt: undefined, now });
    assert.match(JSON.stringify(scopes), /"start":"2026-11-21T00:00:00Z","end":"2026-11-21T00:00:00Z"/);
  });

  test('times: those of the scopes, else the run so far, else the last interval', () => {
    const scope = { scope: 'a', region: 'r', step: 60 };
    const times = { runStartedAt: '2026-11-20T00:00:00Z', now };
    const asked = (more: object, interval = '10m', one: object = scope) => {
      const kayenta = { scopes: [{ name: 's', controlScope: one, experimentScope: scope }], ...more } as never;
      const { s } = judgedScopes({ interval }, kayenta, times) as {
        s: { controlScope: { start: string; end: string } };
      };
      return [s.controlScope.start, s.controlScope.end];
    };
    assert.deepEqual(asked({}), ['2026-11-20T23:50:00Z', '2026-11-21T00:00:00Z']);
    assert.deepEqual(asked({ lookback: true }), ['2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z']);
    assert.throws(() => asked({}, ''), /^ProviderError: Invalid duration ""/);
    assert.throws(() => asked({}, '10m', { ...scope, start: '2026-11-20T00:00:00Z' }), /must both be set or be empty/);
  });
});

describe('newRelic', () => {
  const rows = (...results: object[]) => newRelicAnswer(http({ data: { actor: { account: { nrql: { results } } } } }));

  test('one row is a map, several are a list, none or an empty one is an error', () => {
    assert.equal(
      verdict(rows({ 'average.duration': 0.2 }), { successCondition: "result['average.duration'] < 1" }),
      'Successful',
    );
    assert.equal(verdict(rows({ a: 1 }, { a: 2 }), { successCondition: 'result[1].a == 2' }), 'Successful');
    for (const results of [[], [{}]]) {
      assert.throws(() => rows(...results), { message: 'no results returned from NRQL query' });
    }
    assert.throws(() => newRelicAnswer(http({ errors: [{ message: 'NRQL Syntax Error' }] })), {
      message: 'NRQL Syntax Error',
    });
  });

  test('credentials that are no credentials', () => {
    const secret = { 'personal-api-key': 'k', 'account-id': '1' };
    const ask = (more: object, timeout = 5) =>
      newRelicRequest({ query: 'q', timeout }, { ...secret, ...more }, 'agent');
    assert.throws(() => ask({ 'account-id': '' }), { message: 'account ID or personal API key not found' });
    assert.throws(() => ask({ 'account-id': 'one' }), /^ProviderError: could not parse account ID/);
    assert.throws(() => ask({}, -1), { message: 'timeout value needs to be a positive value' });
    assert.equal(ask({ region: 'eu' }).url, 'https://api.eu.newrelic.com/graphql');
    assert.equal(JSON.parse(ask({}).body ?? '').variables.accountId, 1);
  });
});

describe('graphite', () => {
  test('nulls are dropped, texts are numbers, and there have to be points', () => {
    const answer = graphiteAnswer(
      http([
        {
          datapoints: [
            [null, 1],
            ['1.5', 2],
            [2, 3],
          ],
        },
        { datapoints: [[9, 1]] },
      ]),
    );
    assert.equal(textOf(answer), '[1.500000,2.000000]');
    assert.equal(
      verdict(graphiteAnswer(http([{ datapoints: [[null, 1]] }])), { successCondition: 'len(result) == 0' }),
      'Successful',
    );
    for (const body of [[], [{ datapoints: [] }]]) {
      assert.throws(() => graphiteAnswer(http(body)), { message: 'no values found' });
    }
    assert.throws(() => graphiteAnswer(http('no such metric', 400)), { message: 'error response: no such metric' });
  });

  test('an address that is none', () => {
    for (const address of ['', 'graphite']) {
      assert.throws(() => graphiteRequest({ address, query: 'target=x' }), {
        message: `Graphite address ${address} is not a valid URL`,
      });
    }
  });
});

describe('influxdb', () => {
  test('values are typed by their annotation', () => {
    const csv = [
      '#datatype,string,long,boolean,double,string,dateTime:RFC3339',
      '#group,false,false,false,false,true,false',
      '#default,_result,,,,,',
      ',result,table,_value,x,host,_time',
      ',,0,true,1,"a,""b""",2026-01-01T00:00:00Z',
      ',,1,false,1,c,2026-01-01T00:00:00Z',
    ].join('\n');
    const answer = influxdbAnswer(http(csv));
    assert.ok(answer.is === 'value');
    assert.deepEqual([answer.result, answer.value], [[true, false], '[true false]']);
  });

  test('errors of the service, in an answer or in a table, and no records', () => {
    assert.throws(() => influxdbAnswer(http({ code: 'unauthorized', message: 'no' }, 401)), {
      message: 'unauthorized: no',
    });
    assert.throws(() => influxdbAnswer(http('#datatype,string,string\n,error,reference\n,failed to compile,897\n')), {
      message: 'failed to compile',
    });
    assert.throws(() => influxdbAnswer(http('\r\n')), { message: 'no results returned from flux query' });
    for (const secret of [{}, { address: 'a', authToken: 't' }, { authToken: 't', org: 'o' }]) {
      assert.throws(() => influxdbRequest({ query: 'q' }, secret), { message: 'authToken, org, or address not found' });
    }
  });
});

describe('skywalking', () => {
  test('the interval has no default, and times are in the zone that is set', () => {
    const ask = (interval: string, timeZone: string) =>
      skywalkingRequest({ address: 'http://s', query: 'q', interval }, { now, timeZone });
    assert.throws(() => ask('', 'UTC'), { message: 'time: invalid duration ""' });
    assert.deepEqual(JSON.parse(ask('3m', 'Asia/Tokyo').body ?? '').variables.duration, {
      start: '2026-11-21 0857',
      end: '2026-11-21 0900',
      step: 'MINUTE',
    });
  });

  test('errors of GraphQL are told, and no data is one', () => {
    assert.throws(() => skywalkingAnswer(http({ errors: [{ message: 'no such field' }] })), {
      message: 'graphql: no such field',
    });
    assert.throws(() => skywalkingAnswer(http({ data: null })), {
      message: 'no results returned from SkyWalking query',
    });
    assert.equal(
      verdict(skywalkingAnswer(http({ data: { a: [1] } })), { successCondition: 'result.a[0] == 1' }),
      'Successful',
    );
  });
});
