/** Paths of webhooks that the editor makes: unguessable, and named after the event. */

/** 22 characters of 64: 132 bits that nobody guesses. */
const tokenLength = 22;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** An event's name as part of a URL; '' when nothing of it can stand there. */
export function slug(event: string): string {
  return event
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
}

/** @param random fills the array with random bytes */
export function newPath(event: string, random: (bytes: Uint8Array<ArrayBuffer>) => void): string {
  const bytes = new Uint8Array(tokenLength);
  random(bytes);
  const token = Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
  return join(token, event);
}

/** The token of a path that was made for this event and not edited since. */
export function generatedToken(path: string, event: string): string | undefined {
  const [token = ''] = path.split('/');
  const generated = token.length === tokenLength && /^[\w-]+$/.test(token) && path === join(token, event);
  return generated ? token : undefined;
}

/** The path for another event name; one that was edited by hand stays. */
export function renamed(path: string, from: string, to: string): string {
  const token = generatedToken(path, from);
  return token === undefined ? path : join(token, to);
}

function join(token: string, event: string): string {
  const end = slug(event);
  return end ? `${token}/${end}` : token;
}
