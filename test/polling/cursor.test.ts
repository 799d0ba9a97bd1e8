import assert from 'node:assert/strict';
import fc from 'fast-check';
import { advance, compareCursors, cursorText, cursorValue, type CursorValue } from '../../src/polling/cursor';

const read = (value: unknown): CursorValue => {
  const found = cursorValue(value);
  assert.ok(!('problem' in found), String(value));
  return found;
};
const inOrder = (...values: unknown[]) => {
  for (let n = 1; n < values.length; n++) {
    const [a, b] = [read(values[n - 1]), read(values[n])];
    assert.ok(compareCursors(a, b) < 0, `${a.text} < ${b.text}`);
    assert.ok(compareCursors(b, a) > 0);
    assert.equal(compareCursors(a, a), 0);
  }
};
const later = Date.UTC(2030, 0, 1);

describe('polling/cursor', () => {
  it('compares numbers exactly, of any length, also as texts', () => {
    inOrder(-5, '-1.5', 0, '1.25', 1.5, '9', 10, '9007199254740992', '9007199254740993', '1'.repeat(30));
  });

  it('compares dates by their time, whatever their offset, down to the last digit', () => {
    inOrder(
      '2026-11-05',
      '2026-11-05T09:00:00+02:00',
      '2026-11-05T08:00Z',
      '2026-11-05 08:00:00.1',
      '2026-11-05T08:00:00.123456Z',
      '2026-11-05T08:00:00.123457Z',
      '2026-11-05T03:00:01-0500',
      'Thu, 05 Nov 2026 09:00:00 +0000',
      'Thu, 5 Nov 2026 10:00:00 GMT',
      '5 Nov 2026 12:00:01 +0200',
      '9999-12-31T23:59:59Z',
    );
    assert.equal(compareCursors(read('2026-11-05T10:00:00+02:00'), read('2026-11-05T08:00:00Z')), 0);
  });

  it('compares sequences by their number, and other texts by their characters', () => {
    inOrder('9-zzz', '10-aaa', '100-a');
    inOrder('01HE', '01HF', 'a');
    assert.ok(Number.isNaN(compareCursors(read('a'), read(1))));
  });

  it('takes for no value what cannot be compared', () => {
    for (const value of [
      undefined,
      null,
      '',
      ' ',
      {},
      [],
      true,
      NaN,
      1e300,
      '2026-13-45',
      '2026-02-30T99:00:00Z',
    ]) {
      assert.ok('problem' in cursorValue(value), JSON.stringify(value));
    }
  });

  it('is compared the same way in both directions and over three', () => {
    const date = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') });
    fc.assert(
      fc.property(date, date, fc.integer({ min: -14, max: 14 }), (a, b, hours) => {
        const shifted = new Date(b.getTime() + hours * 3_600_000).toISOString().slice(0, -1);
        const sign = hours < 0 ? '-' : '+';
        const text = `${shifted}${sign}${String(Math.abs(hours)).padStart(2, '0')}:00`;
        const expected = Math.sign(a.getTime() - b.getTime());
        assert.equal(Math.sign(compareCursors(read(a.toISOString()), read(text))), expected);
      }),
    );
  });

  describe('advance', () => {
    const rule = { path: 'at' };
    const moved = (current: unknown, ...values: unknown[]) =>
      advance(
        rule,
        current === undefined ? undefined : read(current),
        values.map((at) => ({ at })),
        later,
      );

    it('takes the greatest value, and never goes back', () => {
      assert.equal(moved(undefined, 3, 10, 9).cursor?.text, '10');
      assert.equal(moved(20, 3, 10).cursor?.text, '20');
      assert.equal(moved(undefined).cursor, undefined);
    });

    it('refuses a date ahead of the server by more than a day, another kind, and what is missing', () => {
      const { cursor, refused, reason } = moved('2026-01-01', '2029-12-31', '2030-01-03', 7, undefined, 'x');
      assert.deepEqual([cursor?.text, refused], ['2029-12-31', 4]);
      assert.equal(reason, '"at" lies more than a day ahead');
    });

    it('says whether the values ascend', () => {
      assert.equal(moved(undefined, 1, 1, 2).ascending, true);
      assert.equal(moved(undefined, 2, 1).ascending, false);
    });

    it('ends with the same cursor in whatever order and however often values come', () => {
      fc.assert(
        fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
          const all = moved(undefined, ...values, ...values.toReversed()).cursor?.text;
          assert.equal(all, String(Math.max(...values)));
        }),
      );
    });
  });

  describe('cursorText', () => {
    const text = (value: unknown, rule: object = {}) => cursorText({ path: 'at', ...rule }, read(value));

    it('goes back a minute or a step unless another lookback is set', () => {
      assert.equal(text('2026-11-05T10:00:30Z'), '2026-11-05T09:59:30Z');
      assert.equal(text(17), '16');
      assert.equal(text('9007199254740993'), '9007199254740992');
      assert.equal(text('12-abc'), '12-abc');
      assert.equal(text('01HE'), '01HE');
    });

    it('writes dates as the server does', () => {
      const rule = { lookback: 3_600_000 };
      assert.equal(text('2026-11-05T10:00:00+02:00', rule), '2026-11-05T09:00:00+02:00');
      assert.equal(text('2026-11-05T10:00:00-0530', rule), '2026-11-05T09:00:00-0530');
      assert.equal(text('2026-11-05 10:00:00.5', rule), '2026-11-05 09:00:00.5');
      assert.equal(text('2026-11-05T10:00:00.123456Z', rule), '2026-11-05T09:00:00.123456Z');
      assert.equal(text('2026-11-05T10:00Z', rule), '2026-11-05T09:00Z');
      assert.equal(text('2026-11-05', rule), '2026-11-04');
      assert.equal(text('Thu, 05 Nov 2026 10:00:00 GMT', rule), 'Thu, 05 Nov 2026 09:00:00 GMT');
    });

    it('is the very text of the server without a lookback, and the initial value before the first', () => {
      const rule = { lookback: 0, lookbackSteps: 0 };
      assert.equal(text('2026-11-05T10:00:00.1234567+02:00', rule), '2026-11-05T10:00:00.1234567+02:00');
      assert.equal(text(5, rule), '5');
      assert.equal(cursorText({ path: 'at', initial: '2020-01-01' }, undefined), '2020-01-01');
      assert.equal(cursorText({ path: 'at' }, undefined), '');
    });
  });
});
