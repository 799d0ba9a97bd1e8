/**
 * Rewrites path and query into the one spelling that signers and servers agree on: everything but the unreserved
 * characters of RFC 3986 section 2.3 percent-encoded, in upper case. A raw `+` is where they part: S3 reads it as a
 * space in a path and as a plus in a signature, so a plus of the path goes as `%2B`, and one of the query, where it
 * means a space, as `%20`. The order of the query stays.
 */
export function canonicalUrl(url: URL): void {
  url.pathname = url.pathname.split('/').map(encode).join('/');
  url.search = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('='))
    .map((pair) => {
      const at = pair.indexOf('=');
      const name = at < 0 ? pair : pair.slice(0, at);
      const value = at < 0 ? '' : `=${encode(pair.slice(at + 1).replaceAll('+', ' '))}`;
      return encode(name.replaceAll('+', ' ')) + value;
    })
    .join('&');
}

/** What is encoded already stays so, unless it need not have been. The text is ASCII: it comes from a URL. */
function encode(text: string): string {
  return text.replace(/%([0-9a-f]{2})|[^\w.~-]/gi, (match, hex?: string) => {
    const char = hex === undefined ? match : String.fromCharCode(parseInt(hex, 16));
    if (/[\w.~-]/.test(char)) return char;
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
