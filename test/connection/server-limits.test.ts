import assert from 'node:assert/strict';
import { pauseOf, pollInterval } from '../../src/connection/server-limits';

const now = Date.parse('2026-11-23T12:00:00Z');
const epoch = now / 1000;

describe('connection/server-limits', () => {
  for (const [name, headers, expected] of [
    ['nothing', {}, 0],
    ['Retry-After in seconds', { 'retry-after': '7' }, 7000],
    ['Retry-After as a date', { 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
    ['Retry-After in the past', { 'retry-after': 'Mon, 23 Nov 2026 11:00:00 GMT' }, 0],
    ['Retry-After that is neither', { 'retry-after': 'soon' }, 0],
    ['a negative Retry-After', { 'retry-after': '-5' }, 0],
    [
      'single fields',
      { 'ratelimit-limit': '9', 'ratelimit-remaining': '0', 'ratelimit-reset': '12' },
      12_000,
    ],
    ['single fields with something left', { 'ratelimit-remaining': '1', 'ratelimit-reset': '12' }, 0],
    ['the dictionary', { ratelimit: 'limit=100, remaining=0, reset=50' }, 50_000],
    ['the dictionary with something left', { ratelimit: 'limit=100, remaining=5, reset=50' }, 0],
    ['named items', { ratelimit: '"default";r=0;t=30', 'ratelimit-policy': '"default";q=100;w=60' }, 30_000],
    ['several named items', { ratelimit: '"burst";r=3;t=1, "day";r=0;t=90' }, 90_000],
    ['named items with something left', { ratelimit: '"default";r=10;t=30' }, 0],
    ['X-RateLimit with seconds', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '20' }, 20_000],
    [
      'X-RateLimit with an epoch',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${epoch + 15}` },
      15_000,
    ],
    [
      'X-RateLimit with milliseconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${now + 1500}` },
      1500,
    ],
    [
      'X-RateLimit with a date',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2026-11-23T12:00:05Z' },
      5000,
    ],
    ['X-RateLimit with something left', { 'x-ratelimit-remaining': '4', 'x-ratelimit-reset': '20' }, 0],
    ['the longer of two', { 'retry-after': '3', ratelimit: '"a";r=0;t=9' }, 9000],
  ] as [string, Record<string, string>, number][]) {
    it(`reads ${name}`, () => assert.equal(pauseOf(headers, now), expected));
  }

  it('reads X-Poll-Interval', () => {
    assert.equal(pollInterval({ 'x-poll-interval': '60' }), 60_000);
    assert.equal(pollInterval({}), 0);
  });
});
