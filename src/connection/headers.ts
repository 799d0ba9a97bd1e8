/** Headers with their case as typed; look-ups ignore it (RFC 9110 section 5.1). */
export type HeaderFields = Record<string, string | string[]>;

export function findHeader(headers: HeaderFields, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.keys(headers).find((key) => key.toLowerCase() === wanted);
}

/** The value of a header, several lines joined by `, `. */
export function getHeader(headers: HeaderFields, name: string): string | undefined {
  const key = findHeader(headers, name);
  if (key === undefined) return undefined;
  const value = headers[key]!;
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Sets a header in place of any of the same name in another case. */
export function setHeader(headers: HeaderFields, name: string, value: string | string[]): void {
  removeHeader(headers, name);
  headers[name] = value;
}

export function removeHeader(headers: HeaderFields, name: string): void {
  const wanted = name.toLowerCase();
  for (const key of Object.keys(headers)) if (key.toLowerCase() === wanted) delete headers[key];
}
