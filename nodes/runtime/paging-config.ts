/** How the pages of a list are asked for, as send-request and polling-trigger save it. */
export interface PagingConfig {
  /** '' asks for one page alone. */
  kind: '' | 'link-header' | 'next-url' | 'cursor' | 'page-number' | 'offset';
  /** `next-url`, `cursor`: property path of the next URL or of the cursor; a header's name when `from` is `header`. */
  next: string;
  /** `cursor`: where it is read: in the body, in a header of the answer, or in the last record. */
  from: 'body' | 'header' | 'record';
  /** `cursor`, `page-number`, `offset`: where the next request carries it. */
  to: 'query' | 'body' | 'header';
  /** Name of the parameter or header, or path of the body's field. */
  parameter: string;
  /** `page-number`, `offset`: the first one. */
  start: number | string;
  /** Records a page: a shorter page is the last one. 0 when it is not known. */
  size: number | string;
  /** Query parameter that asks for that size; '' when none does. */
  sizeParameter: string;
  /** Property path that is false or missing on the last page; '' when there is none. */
  more: string;
  /** Property path of the number of pages (`page-number`) or records (`offset`); '' when there is none. */
  total: string;
  /** Caps; 0 for none. */
  maxPages: number | string;
  maxRecords: number | string;
  maxSeconds: number | string;
}

export const pagingDefaults: PagingConfig = {
  kind: '',
  next: '',
  from: 'body',
  to: 'query',
  parameter: '',
  start: 1,
  size: 0,
  sizeParameter: '',
  more: '',
  total: '',
  maxPages: 1000,
  maxRecords: 0,
  maxSeconds: 0,
};
