import assert from 'node:assert/strict';
import { Requesting } from '../../support/requesting';

describe('nodes/send-request: msg.request', () => {
  let requesting: Requesting;

  beforeEach(async () => {
    requesting = await Requesting.start();
  });

  afterEach(() => requesting.close());

  const received = () => requesting.server.received.at(-1)!;
  const fields = {
    method: 'POST',
    url: 'set',
    query: [
      { name: 'a', type: 'str', value: '1' },
      { name: 'b', type: 'str', value: '2' },
    ],
    headers: [
      { name: 'X-A', type: 'str', value: '1' },
      { name: 'X-B', type: 'str', value: '2' },
    ],
    bodyKind: 'text',
    body: 'set',
  };
  const all = ['url', 'method', 'headers', 'query', 'body', 'timeout'];
  const request = {
    url: 'given?x={{y}}',
    method: 'put',
    headers: { 'x-a': 'given', 'X-B': null, 'X-C': 'more' },
    query: { b: ['3', '4'], a: null },
    body: { given: true },
    timeout: 5000,
  };

  it('replaces what is ticked, by name in headers and query; the URL is no template', async () => {
    await requesting.load({ ...fields, overrides: all });
    await requesting.through({ request });
    const { method, url, headers, body } = received();
    assert.equal(method, 'PUT');
    assert.equal(url, '/given?x={{y}}&b=3&b=4');
    assert.equal(headers['x-a'], 'given');
    assert.equal(headers['x-b'], undefined);
    assert.equal(headers['x-c'], 'more');
    assert.equal(body.toString(), '{"given":true}');
    assert.equal(headers['content-type'], 'application/json');
  });

  it('replaces nothing that is not ticked', async () => {
    await requesting.load({ ...fields, overrides: ['method'] });
    await requesting.through({ request });
    const { method, url, headers, body } = received();
    assert.equal(method, 'PUT');
    assert.equal(url, '/set?a=1&b=2');
    assert.deepEqual([headers['x-a'], headers['x-b'], headers['x-c']], ['1', '2', undefined]);
    assert.equal(body.toString(), 'set');
  });

  it('limits the time of one request, in milliseconds', async () => {
    requesting.answer = () => undefined;
    await requesting.load({ ...fields, overrides: all });
    const caught = await requesting.failing({ request: { timeout: 50 } });
    assert.equal(caught.error.code, 'TIMEOUT');
  });

  for (const [name, value] of [
    ['url', 1],
    ['method', {}],
    ['headers', 'a: b'],
    ['query', ['a']],
    ['timeout', '5s'],
    ['timeout', 0],
  ] as const) {
    it(`is an error when ${name} is ${JSON.stringify(value)}`, async () => {
      await requesting.load({ ...fields, overrides: all });
      const caught = await requesting.failing({ request: { [name]: value } });
      assert.equal(caught.error.code, 'INVALID_REQUEST');
      assert.match(caught.error.message, new RegExp(`msg\\.request\\.${name} must be`));
      assert.equal(requesting.server.received.length, 0);
    });
  }

  it('cannot lead the credentials elsewhere', async () => {
    await requesting.load({ overrides: all }, { auth: 'bearer' }, { token: 't' });
    const caught = await requesting.failing({ request: { url: 'http://localhost:1/x' } });
    assert.equal(caught.error.code, 'HOST_NOT_ALLOWED');
  });
});
