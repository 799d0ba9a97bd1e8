/** A cookie that an answer sets: its value and its attributes, names in lower case (`max-age`, `httponly` …). */
export type SetCookie = { value: string } & Record<string, string | true>;

/** Reads `Set-Cookie` lines (RFC 6265 section 5.2) by cookie name. */
export function readCookies(lines: readonly string[]): Record<string, SetCookie> {
  const cookies = new Map<string, SetCookie>();
  for (const line of lines) {
    const [pair = '', ...attributes] = line.split(';');
    const equals = pair.indexOf('=');
    const cookieName = pair.slice(0, Math.max(equals, 0)).trim();
    if (cookieName === '') continue;
    const cookie = new Map<string, string | true>();
    for (const attribute of attributes) {
      const [name = '', ...value] = attribute.split('=');
      if (attribute.trim() !== '')
        cookie.set(name.trim().toLowerCase(), value.length > 0 ? value.join('=').trim() : true);
    }
    cookie.set('value', pair.slice(equals + 1).trim());
    cookies.set(cookieName, Object.fromEntries(cookie) as SetCookie);
  }
  return Object.fromEntries(cookies);
}
