import { createHash, timingSafeEqual } from 'node:crypto';
import type { Failure } from '../../exchange/failure';
import { refusesAll } from './unauthorized';

/** Secrets that a sender repeats; several are active while one replaces another. */
export class SharedSecrets {
  /** Why none of them can ever be right: there is none, or one is empty. */
  readonly problem: Failure | undefined;
  readonly #digests: readonly Buffer[];

  /** @param secrets blanks around one do not count: a header's value cannot have any (RFC 9110 section 5.5) */
  constructor(secrets: readonly string[]) {
    const trimmed = secrets.map((secret) => secret.trim());
    if (trimmed.length === 0 || trimmed.includes('')) {
      this.problem = refusesAll('no secret is set for the verification');
    }
    this.#digests = this.problem ? [] : trimmed.map((secret) => sha256(Buffer.from(secret, 'utf8')));
  }

  /** @param encoding how the text holds the sender's bytes: Node.js reads headers as latin1 */
  has(given: string, encoding: 'latin1' | 'utf8'): boolean {
    // Digests have one length, so the comparison's time says nothing about a secret's; and all are compared.
    const digest = sha256(Buffer.from(given, encoding));
    let found = false;
    for (const known of this.#digests) found = timingSafeEqual(digest, known) || found;
    return found;
  }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
