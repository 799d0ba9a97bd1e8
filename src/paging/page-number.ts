import { counting, type CountingOptions } from './counting';
import type { Field } from './field';
import type { Strategy } from './pager';

/** The request says by its number which page it wants. */
export interface PageNumberOptions extends CountingOptions {
  kind: 'page-number';
  /** The first page's number: 1 unless said. With 0, the last one's is one less than there are pages. */
  start?: number;
  /** What says how many pages there are. */
  totalPages?: Field;
}

export function pageNumber(options: PageNumberOptions): Strategy {
  const { start = 1, totalPages } = options;
  return counting(options, {
    what: 'the page number',
    start,
    after: (page) => page + 1,
    total: totalPages,
    end: (pages) => (start === 0 ? pages : pages + 1),
  });
}
