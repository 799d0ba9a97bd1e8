/**
 * GET of a small text, such as a certificate or a key set: with no credentials, no redirect to another host, a limit of its
 * size, and a deadline. Rejects when the answer is no success.
 */
export type FetchText = (url: string) => Promise<string>;
