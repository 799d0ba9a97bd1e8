import assert from 'node:assert/strict';
import { Failure } from '../../src/exchange/failure';
import { longestTimer, systemClock, type Clock } from '../../src/polling/clock';
import { PollLoop } from '../../src/polling/loop';
import type { PollReport } from '../../src/polling/poller';
import { everyInterval } from '../../src/polling/schedule';

/** A clock that stands still until the loop waits for a timer, and then jumps to it. */
class JumpingClock implements Clock {
  time = 1_000_000;
  readonly waits: number[] = [];

  now(): number {
    return this.time;
  }

  after(milliseconds: number, call: () => void): () => void {
    this.waits.push(milliseconds);
    const immediate = setImmediate(() => {
      this.time += milliseconds;
      call();
    });
    return () => clearImmediate(immediate);
  }
}

const report: PollReport = {
  found: 0,
  unchanged: false,
  fired: 0,
  waiting: 0,
  baseline: 'none',
  bad: undefined,
  cursorless: undefined,
  requests: 1,
  complete: true,
  cursor: '',
  lastFired: undefined,
  pause: 0,
};
const schedule = everyInterval({ interval: 1000, phase: 0 });
const closing = new Error('closed');
const never = () => assert.fail('this was not to happen');

/** Runs a loop over polls that do what they are told, until there are no more. */
async function run(
  polls: (() => Promise<PollReport> | PollReport)[],
  options: { lastPoll?: number; interval?: number } = {},
) {
  const clock = new JumpingClock();
  const at: number[] = [];
  const failures: unknown[] = [];
  let ended: () => void;
  const end = new Promise<void>((resolve) => (ended = resolve));
  let running = 0;
  const loop = new PollLoop({
    poller: {
      resume: () => Promise.resolve({ fired: 0, lastPoll: options.lastPoll }),
      async poll(signal) {
        assert.equal(++running, 1, 'polls overlap');
        at.push(clock.time);
        const next = polls.shift();
        try {
          if (next) return await next();
          ended();
          await new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          );
          return report;
        } finally {
          running--;
        }
      },
    },
    schedule: everyInterval({ interval: options.interval ?? 1000, phase: 0 }),
    clock,
    onPoll: () => {},
    onReport: () => {},
    onResumed: () => {},
    onFailure: (error) => failures.push(error),
  });
  loop.start();
  loop.start();
  await end;
  await loop.close(closing);
  return { at, failures, waits: clock.waits };
}

const fine = () => report;
const broken = () => Promise.reject(new Error('no answer'));

describe('PollLoop', () => {
  it('polls at once, and then at each due time', async () => {
    const { at } = await run([fine, fine, fine]);
    assert.deepEqual(at, [1_000_000, 1_001_000, 1_002_000, 1_003_000]);
  });

  it('waits for the due time after a poll before the start', async () => {
    assert.deepEqual((await run([], { lastPoll: 999_999 })).at, [1_001_000]);
    assert.deepEqual((await run([], { lastPoll: 998_000 })).at, [1_000_000]);
  });

  it('pauses longer and longer while polls fail, and comes back with the first success', async () => {
    const { at, failures } = await run([fine, broken, broken, broken, fine, fine, broken, fine]);
    const pauses = at.slice(1).map((time, n) => time - at[n]!);
    assert.deepEqual(pauses, [1000, 1000, 2000, 4000, 1000, 1000, 1000, 1000]);
    assert.equal(failures.length, 4);
  });

  it('leaves the server alone for as long as it asks, and then keeps its due times', async () => {
    const asked = () => ({ ...report, pause: 2500 });
    assert.deepEqual((await run([asked, fine])).at, [1_000_000, 1_003_000, 1_004_000]);
    const refused = () =>
      Promise.reject(
        new Failure('HTTP_429', 'too many', {
          response: { statusCode: 429, statusText: '', headers: { 'retry-after': '7' }, body: '' },
        }),
      );
    assert.deepEqual((await run([refused, fine])).at, [1_000_000, 1_007_000, 1_008_000]);
  });

  it('goes on when what it tells of a failure throws', async () => {
    const clock = new JumpingClock();
    const told: unknown[] = [];
    await new Promise<void>((resolve) => {
      const loop = new PollLoop({
        poller: { resume: () => Promise.resolve({ fired: 0, lastPoll: undefined }), poll: broken },
        schedule,
        clock,
        onPoll: () => {},
        onReport: () => {},
        onResumed: () => {},
        onFailure: (error) => {
          told.push(error);
          if (told.length === 3) void loop.close(closing).then(resolve);
          throw new Error('a listener of somebody else');
        },
      });
      loop.start();
    });
    assert.equal(told.length, 3);
  });

  it('tries again when the state cannot be read at the start', async () => {
    const clock = new JumpingClock();
    let attempts = 0;
    const failures: unknown[] = [];
    await new Promise<void>((resolve) => {
      const loop = new PollLoop({
        poller: {
          resume: () =>
            ++attempts < 3
              ? Promise.reject(new Error('disk'))
              : Promise.resolve({ fired: 2, lastPoll: undefined }),
          poll: () => {
            void loop.close(closing).then(resolve);
            return Promise.resolve(report);
          },
        },
        schedule,
        clock,
        onPoll: () => {},
        onReport: () => {},
        onResumed: (fired) => assert.equal(fired, 2),
        onFailure: (error) => failures.push(error),
      });
      loop.start();
    });
    assert.equal(failures.length, 2);
  });

  it('waits longer than a timer of JavaScript can', async () => {
    const days = 24 * 60 * 60 * 1000;
    const { at, waits } = await run([fine], { interval: 60 * days });
    assert.equal(at[1]! % (60 * days), 0);
    assert.ok(waits.every((wait) => wait <= longestTimer));
    assert.equal(
      waits.reduce((sum, wait) => sum + wait, 0),
      at[1]! - 1_000_000,
    );
  });

  it('is closed at once while it waits and while it polls, without telling of a failure', async () => {
    const started = performance.now();
    let waits: () => void;
    const waiting = new Promise<void>((resolve) => (waits = resolve));
    const loop = new PollLoop({
      poller: { resume: () => Promise.resolve({ fired: 0, lastPoll: Date.now() }), poll: never },
      // The due time is half an hour away.
      schedule: everyInterval({ interval: 3_600_000, phase: (Date.now() + 1_800_000) % 3_600_000 }),
      clock: {
        now: Date.now,
        after(milliseconds, call) {
          if (milliseconds > 0) waits();
          return systemClock.after(milliseconds, call);
        },
      },
      onPoll: never,
      onReport: never,
      onResumed: never,
      onFailure: never,
    });
    loop.start();
    await waiting;
    await loop.close(closing);
    assert.ok(performance.now() - started < 1000);
    assert.deepEqual((await run([])).failures, []);
  });

  it('is closed before it was started', async () => {
    const loop = new PollLoop({
      poller: { resume: never, poll: never },
      schedule,
      clock: new JumpingClock(),
      onPoll: never,
      onReport: never,
      onResumed: never,
      onFailure: never,
    });
    await loop.close(closing);
    loop.start();
    await loop.close(closing);
  });
});
