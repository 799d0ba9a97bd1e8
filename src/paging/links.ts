/** A link of a `Link` header. */
export interface Link {
  /** A URI reference, as written. */
  target: string;
  /** Relation types in lower case. */
  rels: string[];
  /** What the link is from, where it says so. */
  anchor: string | undefined;
}

/** `<target>`, then what is left up to the next one: parameters, whose quoted texts may hold anything. */
const linkValue = /<([^<>]*)>((?:"(?:\\.|[^"\\])*"|[^",<]|,(?!\s*<))*)/gs;

/** `; name`, `; name=token` or `; name="quoted"`, with white space where it may be. */
const parameter = /;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;,"]*)))?/gs;

/**
 * The links of a `Link` header, several header lines joined by commas (RFC 8288 sections 3 and 3.3, appendix B.2). What
 * is not a link is left out.
 */
export function parseLinks(header: string): Link[] {
  return Array.from(header.matchAll(linkValue), ([, target = '', parameters = '']) => {
    const named = new Map<string, string>();
    for (const [, name = '', quoted, token = ''] of parameters.matchAll(parameter)) {
      // of several `rel` the first counts (section 3.3)
      const key = name.toLowerCase();
      if (!named.has(key)) named.set(key, quoted?.replace(/\\(.)/gs, '$1') ?? token);
    }
    const rels = (named.get('rel') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    return { target: target.trim(), rels, anchor: named.get('anchor') };
  });
}
