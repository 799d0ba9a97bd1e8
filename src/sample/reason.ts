/** What speaks for a suggestion: the code of a sentence, and what is put into it. The editor has the sentences. */
export interface Reason<Code extends string = string> {
  code: Code;
  values?: Readonly<Record<string, string | number>>;
}
