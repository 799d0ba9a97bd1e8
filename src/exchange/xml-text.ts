/** What text and names can be in XML 1.0, and how they are written. */

/** Any character that XML 1.0 cannot carry, not even as a reference (section 2.2, "Char"). */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

export function isXmlText(text: string): boolean {
  return !forbidden.test(text);
}

/** The first character that XML cannot carry, as `U+0000`; undefined when there is none. */
export function forbiddenCharacter(text: string): string | undefined {
  const found = forbidden.exec(text)?.[0];
  return found && `U+${found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

const start =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const name = new RegExp(`^[${start}][\\u0300-\\u036F\\u00B7\\u203F\\u2040\\-.0-9${start}]*$`, 'u');

/** XML 1.0 section 2.3, "Name". */
export function isXmlName(text: string): boolean {
  return name.test(text);
}

/** What stands between tags. A lone CR would be read as a line feed. */
export function escapeXmlText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => references[character]!);
}

/** What stands in quotes. Line breaks and tabs would be read as blanks. */
export function escapeXmlAttribute(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (character) => references[character]!);
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};
