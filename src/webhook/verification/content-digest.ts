import { createHash } from 'node:crypto';
import { parseDictionary } from './structured-fields';

const hashes: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/**
 * What is wrong with a `Content-Digest` (RFC 9530) of these bytes; undefined when nothing is. Digests of other algorithms
 * are not looked at, and every one that is known must be right.
 */
export function contentDigestFault(header: string, body: Buffer): string | undefined {
  let digests;
  try {
    digests = parseDictionary(header);
  } catch {
    return 'the header "content-digest" cannot be read';
  }
  const known = [...digests].filter(([name]) => Object.hasOwn(hashes, name));
  if (known.length === 0) return 'the header "content-digest" has no SHA-256 and no SHA-512';
  for (const [name, member] of known) {
    const digest = createHash(hashes[name]!).update(body).digest();
    const given = 'item' in member && member.item.type === 'binary' ? member.item.value : undefined;
    if (!given?.equals(digest)) return 'the body is another than the header "content-digest" says';
  }
  return undefined;
}
