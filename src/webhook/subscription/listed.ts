/**
 * The entries of a list of subscriptions that are for a callback URL, wherever the URL stands in them: GitHub has it in
 * `config.url`, Microsoft Graph in `notificationUrl`. A list in an entry is part of it.
 */
export function listedFor(body: unknown, callback: string): unknown[] {
  if (Array.isArray(body)) return body.filter((entry) => holds(entry, callback, 0));
  if (body === null || typeof body !== 'object') return [];
  return Object.values(body).flatMap((value) => listedFor(value, callback));
}

const deepest = 50;

function holds(value: unknown, text: string, level: number): boolean {
  if (value === text) return true;
  if (value === null || typeof value !== 'object' || level > deepest) return false;
  return Object.values(value).some((inside) => holds(inside, text, level + 1));
}
