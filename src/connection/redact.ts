const mask = '•••';

/**
 * Makes a function that replaces every secret in a text, in the forms in which it may turn up: as it is, percent-encoded,
 * form-encoded, JSON-escaped and base64. Secrets shorter than 4 characters are left out: they would mask ordinary text.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < 4) continue;
    forms.add(secret);
    forms.add(encodeURIComponent(secret));
    forms.add(new URLSearchParams([['', secret]]).toString().slice(1));
    forms.add(JSON.stringify(secret).slice(1, -1));
    for (const encoding of ['base64', 'base64url'] as const) {
      forms.add(Buffer.from(secret, 'utf8').toString(encoding).replace(/=+$/, ''));
    }
  }
  if (forms.size === 0) return (text) => text;
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((result, form) => result.replaceAll(form, mask), text);
}
