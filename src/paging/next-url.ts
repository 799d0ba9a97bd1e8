import { checkField, nameField, readField } from './field';
import { followUrl, hereUrl, isUrl, nextUrl } from './follow-url';
import type { Strategy } from './pager';

/** The body has the URL of the next page, absolute or relative; '', null, false or nothing there ends it. */
export interface NextUrlOptions {
  kind: 'next-url';
  /** Property path, such as `next` or `links.next`. */
  path: string;
}

export function nextUrlIn({ path }: NextUrlOptions): Strategy {
  const field = checkField({ path }, 'the next URL');
  return {
    accepts: isUrl,
    here: hereUrl,
    next: (turn) => nextUrl(readField(field, turn), turn.answer.summary.url, nameField(field)),
    request: followUrl,
  };
}
