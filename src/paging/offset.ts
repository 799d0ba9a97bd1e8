import { counting, type CountingOptions } from './counting';
import type { Field } from './field';
import type { Strategy } from './pager';

/**
 * The request says how many records to skip: with a page size, a page more each time; without, as many as came.
 */
export interface OffsetOptions extends CountingOptions {
  kind: 'offset';
  /** The first page's offset: 0 unless said. With 1, records are counted from 1 (as SCIM does). */
  start?: number;
  /** What says how many records there are. */
  total?: Field;
}

export function offset(options: OffsetOptions): Strategy {
  const { start = 0, pageSize, total } = options;
  return counting(options, {
    what: 'the offset',
    start,
    after: (skipped, { records }) => skipped + (pageSize ?? records.length),
    total,
    end: (records) => (start === 1 ? records + 1 : records),
  });
}
