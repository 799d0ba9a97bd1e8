import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, NodeMessage } from 'node-red';
import {
  fail,
  failureCodes,
  failWithout,
  showFailure,
  type MessageFailure,
} from '../../../nodes/runtime/failures';
import { Failure, type FailureCode } from '../../../src/exchange/failure';

function fakeNode() {
  const statuses: unknown[] = [];
  const errors: unknown[][] = [];
  const node = {
    status: (status: unknown) => statuses.push(status),
    error: (...args: unknown[]) => errors.push(args),
  } as unknown as Node;
  return { node, statuses, errors };
}

type FailedMessage = NodeMessage & { failure: MessageFailure };

describe('nodes/runtime/failures', () => {
  it('have codes that the help of send request explains, every one', () => {
    const nodes = join(__dirname, '..', '..', '..', 'nodes');
    const help = readFileSync(join(nodes, 'send-request', 'locales', 'en-US.html'), 'utf8');
    const explained = [...help.matchAll(/<dt>([A-Z_, ]+)<\/dt>/g)].flatMap(([, codes]) => codes!.split(', '));
    assert.deepEqual(explained.sort(), failureCodes.sort());
  });

  it('ends a message: red status, msg.failure, done with the error, once', () => {
    const { node, statuses, errors } = fakeNode();
    const response = { statusCode: 503, statusText: 'Busy', headers: {}, body: null };
    const failure = new Failure('HTTP_503', 'the server answered 503', {
      request: { method: 'GET', url: 'http://h/' },
      response,
      attempts: 3,
      elapsed: 12.6,
    });
    const msg = { payload: 'kept' } as unknown as FailedMessage;
    const done: unknown[][] = [];
    fail(node, msg, failure, (...args) => done.push(args));
    assert.deepEqual(done, [[failure]]);
    assert.deepEqual(errors, []);
    assert.deepEqual(statuses, [{ fill: 'red', shape: 'ring', text: 'HTTP_503' }]);
    const { id, ...rest } = msg.failure;
    assert.match(id, /^[0-9a-f]{8}-/);
    assert.deepEqual(rest, {
      type: 'http',
      typeId: 'HTTP_503',
      message: 'the server answered 503',
      retryable: true,
      attempts: 3,
      elapsed: 13,
      request: { method: 'GET', url: 'http://h/' },
      response,
    });
    assert.equal(msg.payload, 'kept');
  });

  it('tells a trigger’s failure to Catch with a message of its own', () => {
    for (const topic of ['orders', undefined]) {
      const { node, errors } = fakeNode();
      failWithout(node, new Failure('DNS', 'no such host'), topic);
      assert.equal(errors.length, 1);
      const [error, msg] = errors[0] as [Failure, FailedMessage & { topic?: string }];
      assert.equal(error.code, 'DNS');
      assert.equal(msg.topic, topic);
      assert.equal(msg.failure.typeId, 'DNS');
      assert.equal('payload' in msg, false);
    }
  });

  it('gives every error a code, and a status that fits below a node', () => {
    const { node, statuses } = fakeNode();
    assert.equal(showFailure(node, new TypeError('x is not a function')).code, 'INTERNAL');
    assert.equal(showFailure(node, 'a text').message, 'a text');
    assert.ok(statuses.every((status) => (status as { text: string }).text.length <= 20));
  });

  it('knows of each kind of failure what it is', () => {
    const kinds: Record<string, FailureCode[]> = {
      http: ['HTTP_301', 'HTTP_404', 'HTTP_503'],
      network: ['DNS', 'CONNECTION_REFUSED', 'CONNECTION_RESET', 'NETWORK', 'TLS', 'PROXY'],
      timeout: ['CONNECT_TIMEOUT', 'FIRST_BYTE_TIMEOUT', 'IDLE_TIMEOUT', 'TIMEOUT'],
      request: [
        'INVALID_REQUEST',
        'HOST_NOT_ALLOWED',
        'TEMPLATE',
        'CONFIG',
        'AUTHENTICATION',
        'RATE_LIMITED',
      ],
      answer: [
        'BODY_TOO_LARGE',
        'INVALID_BODY',
        'INVALID_RESPONSE',
        'TOO_MANY_REDIRECTS',
        'RECORDS_NOT_FOUND',
      ],
      runtime: ['STATE', 'ABORTED', 'INTERNAL'],
    };
    for (const [kind, codes] of Object.entries(kinds)) {
      for (const code of codes) {
        const msg = {} as FailedMessage;
        fail(fakeNode().node, msg, new Failure(code, 'sentence'), () => undefined);
        assert.equal(msg.failure.type, kind, code);
      }
    }
  });
});
