import { Failure } from './failure';

/**
 * Reads a list of statuses (`2xx, 304, 400-404`) into a test.
 *
 * @throws Failure CONFIG when an entry is none of the three forms
 */
export function parseStatuses(list: string): (statusCode: number) => boolean {
  const ranges = list
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry): [number, number] => {
      const [, digit] = /^([1-5])xx$/i.exec(entry) ?? [];
      if (digit) return [Number(digit) * 100, Number(digit) * 100 + 99];
      const [, from, to] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(entry) ?? [];
      if (!from) throw new Failure('CONFIG', `"${entry}" is not a status: use 2xx, 304 or 400-404`);
      if (to && to < from) throw new Failure('CONFIG', `"${entry}" runs backwards: write ${to}-${from}`);
      return [Number(from), Number(to ?? from)];
    });
  if (ranges.length === 0) throw new Failure('CONFIG', 'no status is a success');
  return (statusCode) => ranges.some(([from, to]) => statusCode >= from && statusCode <= to);
}
