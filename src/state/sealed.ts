/** Secrets at rest: a value of the state store that is of no use without a key that is kept elsewhere. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** What is stored. Binary parts are base64. */
export interface Sealed {
  format: 1;
  /** Tells another key from damage, and says nothing about the key. */
  keyCheck: string;
  /** What the value is good for: tells other settings from damage. */
  boundTo: string;
  iv: string;
  tag: string;
  data: string;
}

/**
 * AES-256-GCM (NIST SP 800-38D): a fresh 96-bit nonce for each record; whose it is and what for is authenticated too.
 *
 * @param value what JSON can carry
 * @param key 32 bytes
 * @param id whose it is
 * @param binding what it is good for
 */
export function seal(value: unknown, key: Buffer, id: string, binding: string): Sealed {
  const iv = randomBytes(12);
  const bound = boundTo(key, id, binding);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(`${id}\n${bound}`, 'utf8'));
  const data = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return {
    format: 1,
    keyCheck: keyCheck(key, id),
    boundTo: bound,
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  };
}

/** Undefined when it was changed since, or was sealed with another key or for somebody else. */
export function unseal({ iv, tag, data, boundTo: bound }: Sealed, key: Buffer, id: string): unknown {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), { authTagLength: 16 })
      .setAAD(Buffer.from(`${id}\n${bound}`, 'utf8'))
      .setAuthTag(Buffer.from(tag, 'base64'));
    const text = decipher.update(Buffer.from(data, 'base64'), undefined, 'utf8') + decipher.final('utf8');
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** See `Sealed`. */
export function keyCheck(key: Buffer, id: string): string {
  return mac(key, `key\n${id}`).slice(0, 16);
}

/** With the key, because what a value is bound to may hold a guessable secret. */
export function boundTo(key: Buffer, id: string, binding: string): string {
  return mac(key, `bound\n${id}\n${binding}`);
}

function mac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('base64');
}

export function isSealed(value: unknown): value is Sealed {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const texts = ['keyCheck', 'boundTo', 'iv', 'tag', 'data'].every(
    (name) => typeof record[name] === 'string',
  );
  return record.format === 1 && texts;
}
