import { counting, type CountingOptions } from './counting';
import type { Field } from './field';
import type { Strategy } from './pager';

/**
 * The request says how many records to skip: as many as came, also where a page was not full and there is more. A server
 * whose own maximum is below the page size that is asked for would otherwise have records skipped.
 */
export interface OffsetOptions extends CountingOptions {
  kind: 'offset';
  /** The first page's offset: 0 unless said. With 1, records are counted from 1 (as SCIM does). */
  start?: number;
  /** What says how many records there are. */
  total?: Field;
}

export function offset(options: OffsetOptions): Strategy {
  const { start = 0, total } = options;
  return counting(options, {
    what: 'the offset',
    start,
    after: (skipped, { records }) => skipped + records.length,
    total,
    end: (records) => (start === 1 ? records + 1 : records),
  });
}
