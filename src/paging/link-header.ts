import { getHeader } from '../connection/headers';
import { Failure } from '../exchange/failure';
import { followUrl, hereUrl, isUrl, nextUrl } from './follow-url';
import { parseLinks } from './links';
import type { Strategy } from './pager';

/** The next page is in the `Link` header (RFC 8288). */
export interface LinkHeaderOptions {
  kind: 'link-header';
  /** The relation that leads on: `next` unless said. */
  rel?: string;
}

export function linkHeader({ rel = 'next' }: LinkHeaderOptions): Strategy {
  const wanted = rel.trim().toLowerCase();
  if (wanted === '') throw new Failure('CONFIG', 'the pages: the relation of the link is empty');
  return {
    accepts: isUrl,
    here: hereUrl,
    next({ answer }) {
      const { headers, url } = answer.summary;
      const links = parseLinks(getHeader(headers, 'link') ?? '');
      // an anchor makes it the link of something else (RFC 8288 section 3.2)
      const link = links.find(({ rels, anchor }) => anchor === undefined && rels.includes(wanted));
      return nextUrl(link?.target, url, 'the Link header');
    },
    request: followUrl,
  };
}
