import assert from 'node:assert/strict';
import { corsHeaders, preflightHeaders } from '../../src/webhook/cors';

const page = { origin: 'https://shop.example' };

describe('webhook/cors', () => {
  it('allows every origin by default, and none when it is off', () => {
    assert.deepEqual(corsHeaders({}, page), { 'Access-Control-Allow-Origin': '*' });
    assert.deepEqual(corsHeaders({ origin: false }, page), {});
    assert.deepEqual(preflightHeaders({ origin: false }, page), {});
  });

  it('allows a listed origin and says that answers differ by origin', () => {
    for (const origin of [true, 'https://shop.example', /\.example$/, ['https://other', /shop/]]) {
      assert.deepEqual(corsHeaders({ origin }, page), {
        'Access-Control-Allow-Origin': 'https://shop.example',
        Vary: 'Origin',
      });
    }
    assert.deepEqual(corsHeaders({ origin: ['https://other'] }, page), { Vary: 'Origin' });
    assert.deepEqual(corsHeaders({ origin: /x/ }, {}), { Vary: 'Origin' });
  });

  it('adds credentials and exposed headers', () => {
    assert.deepEqual(corsHeaders({ credentials: true, exposedHeaders: ['X-A', 'X-B'] }, page), {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': 'X-A,X-B',
    });
  });

  it('answers a preflight with what a request may have', () => {
    assert.deepEqual(
      preflightHeaders(
        { origin: true, methods: ['POST'], maxAge: 60 },
        { ...page, 'access-control-request-headers': 'x-a' },
      ),
      {
        'Access-Control-Allow-Origin': 'https://shop.example',
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': 'x-a',
        'Access-Control-Max-Age': '60',
        Vary: 'Origin, Access-Control-Request-Headers',
      },
    );
    assert.equal(preflightHeaders({ allowedHeaders: 'X-B' }, page)['Access-Control-Allow-Headers'], 'X-B');
  });
});
