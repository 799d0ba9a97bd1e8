import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../src/exchange/failure';
import {
  backOff,
  cronSchedule,
  dueAfter,
  firstDelay,
  rhythmOf,
  type Schedule,
} from '../../src/polling/schedule';

const minute = 60_000;
const hour = 60 * minute;

describe('rhythmOf', () => {
  it('gives a node the same phase at each start', () => {
    assert.deepEqual(rhythmOf('a1b2c3', minute), rhythmOf('a1b2c3', minute));
  });

  it('spreads a hundred nodes over the interval', () => {
    const perSecond = new Map<number, number>();
    for (let n = 0; n < 100; n++) {
      const second = Math.floor(rhythmOf(`node ${n}`, minute).phase / 1000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    assert.ok(perSecond.size > 40, `${perSecond.size} of 60 seconds are used`);
    assert.ok(Math.max(...perSecond.values()) <= 7);
  });
});

describe('dueAfter', () => {
  const times = fc.record({
    began: fc.integer({ min: 0, max: 2 ** 41 }),
    took: fc.integer({ min: 0, max: 10 * hour }),
    interval: fc.integer({ min: 100, max: 1000 * hour }),
    id: fc.string(),
  });

  it('is never before the end, and on the node’s own times', () => {
    fc.assert(
      fc.property(times, ({ began, took, interval, id }) => {
        const rhythm = rhythmOf(id, interval);
        const due = dueAfter({ began, ended: began + took }, rhythm);
        assert.ok(due >= began + took);
        assert.equal((due - rhythm.phase) % interval, 0);
      }),
    );
  });

  it('is at most an interval after a poll ended, but for the tenth that keeps two polls apart', () => {
    fc.assert(
      fc.property(times, ({ began, took, interval, id }) => {
        const due = dueAfter({ began, ended: began + took }, rhythmOf(id, interval));
        assert.ok(due >= began + interval / 10);
        assert.ok(due <= began + took + interval * 1.1 + 1);
      }),
    );
  });

  it('keeps the rhythm when a poll began a little early or took a while', () => {
    const rhythm = { interval: 1000, phase: 300 };
    assert.equal(dueAfter({ began: 9_299, ended: 9_350 }, rhythm), 10_300);
    assert.equal(dueAfter({ began: 9_300, ended: 10_250 }, rhythm), 10_300);
    assert.equal(dueAfter({ began: 9_300, ended: 12_301 }, rhythm), 13_300);
  });
});

describe('firstDelay', () => {
  const rhythm = { interval: 1000, phase: 300 };

  it('is nothing without a poll before, after a due time, and when the clock was set back', () => {
    assert.equal(firstDelay(undefined, 5_000, rhythm), 0);
    assert.equal(firstDelay(5_300, 6_300, rhythm), 0);
    assert.equal(firstDelay(5_300, 99_999, rhythm), 0);
    assert.equal(firstDelay(5_300, 5_299, rhythm), 0);
  });

  it('is the time to the due one', () => {
    assert.equal(firstDelay(5_300, 5_400, rhythm), 900);
  });
});

describe('backOff', () => {
  it('grows from the interval to 16 of them', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 1000].map((failures) => backOff(minute, failures) / minute);
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 16, 16]);
  });

  it('stays below an hour, and never below the interval', () => {
    assert.equal(backOff(10 * minute, 5), hour);
    assert.equal(backOff(24 * hour, 5), 24 * hour);
  });
});

describe('cronSchedule', () => {
  const at = (text: string) => Date.parse(text);
  const cron = (pattern: string, zone = 'Europe/Berlin', spread = 0, id = 'node') =>
    cronSchedule({ pattern, zone, id, spread });
  /** The due times from a moment on, each poll of which takes no time. */
  function dueFrom(schedule: Schedule, from: string, count: number): string[] {
    const list: string[] = [];
    for (let time = at(from); list.length < count;) {
      time = schedule.next({ began: time, ended: time });
      list.push(new Date(time).toISOString().slice(5, 16));
    }
    return list;
  }

  it('is due once where clocks go forward over the time, and once where they go back', async () => {
    const daily = await cron('30 2 * * *');
    assert.deepEqual(dueFrom(daily, '2026-03-27T12:00:00Z', 3), [
      '03-28T01:30',
      '03-29T01:00',
      '03-30T00:30',
    ]);
    assert.deepEqual(dueFrom(daily, '2026-10-23T12:00:00Z', 3), [
      '10-24T00:30',
      '10-25T00:30',
      '10-26T01:30',
    ]);
  });

  it('goes on through both hours when it is due each quarter of an hour', async () => {
    const quarters = await cron('*/15 * * * *');
    assert.deepEqual(dueFrom(quarters, '2026-10-25T00:20:00Z', 5), [
      '10-25T00:30',
      '10-25T00:45',
      '10-25T01:00',
      '10-25T01:15',
      '10-25T01:30',
    ]);
  });

  it('is not due twice when a timer is a little early', async () => {
    const minutely = await cron('* * * * *');
    const began = at('2026-11-05T11:59:59.998Z');
    assert.equal(minutely.next({ began, ended: began + 1 }), at('2026-11-05T12:01:00Z'));
    assert.equal(minutely.next({ began, ended: began + 65_000 }), at('2026-11-05T12:02:00Z'));
  });

  it('polls at once when a due time was missed, however many, and else waits', async () => {
    const daily = await cron('0 8 * * *', 'UTC');
    const now = at('2026-11-05T12:00:00Z');
    assert.equal(daily.firstDelay(undefined, now), 0);
    assert.equal(daily.firstDelay(at('2026-11-01T08:00:00Z'), now), 0);
    assert.equal(daily.firstDelay(at('2026-11-05T08:00:00Z'), now), 20 * hour);
    assert.equal(daily.firstDelay(at('2027-11-05T08:00:00Z'), now), 0);
  });

  it('is spread by the node where that is wanted, and each keeps its time', async () => {
    const times = new Set<number>();
    for (let n = 0; n < 50; n++) {
      const schedule = await cron('0 8 * * *', 'UTC', 60_000, `node ${n}`);
      const now = at('2026-11-05T07:00:00Z');
      const due = schedule.next({ began: now, ended: now });
      assert.ok(due >= at('2026-11-05T08:00:00Z') && due < at('2026-11-05T08:01:00Z'));
      assert.equal(new Date(schedule.next({ began: due, ended: due })).getTime(), due + 24 * hour);
      times.add(due);
    }
    assert.ok(times.size > 45);
  });

  it('tries a rare poll again after minutes, and a frequent one after its pause', async () => {
    const now = at('2026-11-05T12:00:00Z');
    const daily = await cron('0 8 * * *');
    assert.deepEqual(
      [1, 2, 9].map((n) => daily.backOff(n, now) / minute),
      [1, 2, 16],
    );
    const often = await cron('*/10 * * * * *');
    assert.deepEqual(
      [1, 2, 9].map((n) => often.backOff(n, now) / 1000),
      [10, 20, 160],
    );
  });

  it('says what is wrong with a pattern or a zone, and when it is never due', async () => {
    for (const [pattern, zone, reason] of [
      ['61 * * * *', 'UTC', /minute/],
      ['* * * * *', 'Mars/Olympus', /zone/],
      ['0 0 30 2 *', 'UTC', /never due/],
      ['', 'UTC', /cannot be used/],
    ] as const) {
      await assert.rejects(cron(pattern, zone), (error) => {
        return error instanceof Failure && error.code === 'CONFIG' && reason.test(error.message);
      });
    }
  });
});
