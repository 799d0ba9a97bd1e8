/** Types a row's value can have. `str` is a template. */
export type RowType = 'str' | 'msg' | 'flow' | 'global' | 'env' | 'num' | 'bool' | 'json' | 'jsonata';

/** A row of a header, query or form table, as the editor saves it. */
export interface TypedRow {
  name: string;
  value: string;
  type: RowType;
}
