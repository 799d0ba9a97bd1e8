/**
 * Credentials as texts. What a dialog saves is text, but `${NAME}` may stand for a variable of a flow that is a number, a
 * boolean or JSON, and a flow that a program wrote may hold one.
 */
export function credentialTexts<T extends object>(credentials: T | undefined): T {
  const texts = Object.entries(credentials ?? {})
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]): [string, string] => [name, textOf(value)]);
  return Object.fromEntries(texts) as T;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
