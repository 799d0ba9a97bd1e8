import assert from 'node:assert/strict';
import { Failure } from '../../../src/exchange/failure';
import { anewAt, expiryOf, renewalOf, tryAgainIn } from '../../../src/webhook/subscription/expiry';
import { SubscriptionKeeper } from '../../../src/webhook/subscription/keeper';
import { listedFor } from '../../../src/webhook/subscription/listed';
import { didNothing } from '../../../src/webhook/subscription/outcome';
import type { Wanted } from '../../../src/webhook/subscription/plan';
import type { Standing } from '../../../src/webhook/subscription/subscriber';

const now = Date.UTC(2026, 10, 24, 12);

describe('webhook/subscription: times', () => {
  it('are read as dates, as times since 1970, and as seconds from now', () => {
    const at = Date.UTC(2026, 10, 27, 18, 23, 45);
    for (const value of [
      '2026-11-27T18:23:45Z',
      '2026-11-27T18:23:45.000',
      '2026-11-27T19:23:45+01:00',
      'Fri, 27 Nov 2026 18:23:45 GMT',
      at,
      at / 1000,
      String(at / 1000),
      (at - now) / 1000,
      String((at - now) / 1000),
    ]) {
      assert.equal(expiryOf(value, now), at, String(value));
    }
    for (const value of [undefined, null, '', 'soon', 0, -5, Number.NaN, {}]) {
      assert.equal(expiryOf(value, now), undefined);
    }
  });

  it('of a renewal leave a third, and are never at once', () => {
    assert.equal(renewalOf(now, now + 3000), now + 2000);
    assert.equal(renewalOf(now, now + 30), now + 1000);
    assert.equal(renewalOf(now, now - 1), now + 300_000);
    assert.equal(anewAt(now, now + 3000), now + 3000);
    assert.equal(anewAt(now, now), now + 300_000);
  });

  it('before another try grow to an hour', () => {
    const waits = [1, 2, 3, 10, 11, 500].map((failures) => tryAgainIn(failures, 0));
    assert.deepEqual(waits, [2500, 5000, 10_000, 1_280_000, 1_800_000, 1_800_000]);
    assert(tryAgainIn(1, 0.999) < 5000);
  });
});

describe('webhook/subscription: what a failure and a list say', () => {
  it('is nothing done only when that is certain', () => {
    const certain = ['HTTP_400', 'HTTP_401', 'HTTP_404', 'CONNECTION_REFUSED', 'DNS', 'TEMPLATE'] as const;
    const unclear = [
      'HTTP_409',
      'HTTP_422',
      'HTTP_429',
      'HTTP_500',
      'TIMEOUT',
      'CONNECTION_RESET',
      'ABORTED',
    ] as const;
    for (const code of certain) assert(didNothing(new Failure(code, '')), code);
    for (const code of unclear) assert(!didNothing(new Failure(code, '')), code);
    assert(!didNothing(new Failure('HTTP_401', '', { attempts: 2 })), 'the first may have');
  });

  it('is for a callback when it has exactly its URL, wherever it stands', () => {
    const url = 'https://example.com/hook';
    const github = [
      { id: 1, config: { url } },
      { id: 2, config: { url: `${url}2` } },
    ];
    assert.deepEqual(listedFor(github, url), [github[0]]);
    const graph = { value: [{ id: 'a', notificationUrl: url, tags: [url] }], url };
    assert.deepEqual(listedFor(graph, url), graph.value);
    for (const body of [null, 'text', {}, [], [url, null].slice(1)])
      assert.deepEqual(listedFor(body, url), []);
  });
});

/** A clock whose timers fire when it is told. */
class Hand {
  time = now;
  timers: { wait: number; call: () => void }[] = [];
  now = () => this.time;
  after = (wait: number, call: () => void) => {
    const timer = { wait, call };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((other) => other !== timer));
  };
  fire(): void {
    for (const { call } of this.timers.splice(0)) call();
  }
}

describe('webhook/subscription: a keeper', () => {
  const settle = () => new Promise<void>((resolve) => void setImmediate(resolve));

  function keep(answers: (Standing | Failure)[]) {
    const clock = new Hand();
    const seen: string[] = [];
    const ended: string[] = [];
    const keeper = new SubscriptionKeeper({
      subscriber: {
        ensure: () => {
          const answer = answers.shift()!;
          return answer instanceof Failure ? Promise.reject(answer) : Promise.resolve(answer);
        },
        end: () => Promise.resolve(void ended.push('ended')),
      },
      wanted: {} as Wanted,
      clock,
      random: () => 0,
      onStanding: (standing) => void seen.push(standing ? 'stands' : 'elsewhere'),
      onFailure: ({ code }, next) => void seen.push(`${code} ${next - clock.time}`),
    });
    return { clock, seen, ended, keeper };
  }

  it('tries again what failed, longer each time, and starts afresh after a success', async () => {
    const failed = new Failure('HTTP_500', 'failed');
    const { clock, seen, keeper } = keep([failed, failed, { next: now + 1000 }, failed]);
    keeper.start();
    for (let n = 0; n < 4; n++) {
      await settle();
      if (n < 3) clock.fire();
    }
    assert.deepEqual(seen, ['HTTP_500 2500', 'HTTP_500 5000', 'stands', 'HTTP_500 2500']);
    await keeper.close(false);
  });

  it('looks again when there is something to do, at most as late as a timer can wait, and else never', async () => {
    const { clock, keeper } = keep([{ next: now + 5000 }, { next: now + 1e11 }, {}]);
    keeper.start();
    keeper.start();
    const waits: number[] = [];
    for (let n = 0; n < 3; n++) {
      await settle();
      waits.push(...clock.timers.map(({ wait }) => wait));
      clock.fire();
    }
    assert.deepEqual(waits, [5000, 2 ** 31 - 1]);
    await keeper.close(false);
  });

  it('goes on trying while one from before is left', async () => {
    const { seen, clock, keeper } = keep([{ leftover: new Failure('HTTP_503', 'down') }, {}]);
    keeper.start();
    await settle();
    clock.fire();
    await settle();
    assert.deepEqual(seen, ['stands', 'HTTP_503 2500', 'stands']);
    assert.deepEqual(clock.timers, []);
    await keeper.close(false);
  });

  it('ends it only when its node goes for good', async () => {
    const stays = keep([{ next: now + 5000 }]);
    stays.keeper.start();
    await settle();
    await stays.keeper.close(false);
    assert.deepEqual([stays.ended, stays.clock.timers], [[], []]);
    const goes = keep([{}]);
    await goes.keeper.close(true);
    goes.keeper.start();
    await settle();
    assert.deepEqual([goes.ended, goes.seen], [['ended'], []]);
  });
});
