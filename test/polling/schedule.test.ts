import assert from 'node:assert/strict';
import fc from 'fast-check';
import { backOff, dueAfter, firstDelay, rhythmOf } from '../../src/polling/schedule';

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
