import { createHash, timingSafeEqual } from 'node:crypto';
import { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';
import { Refusal } from '../refusal';
import type { Verifier } from './verifier';

/** The sender repeats a secret in a header. An empty secret, or no header name, refuses everything. */
export class SecretHeader implements Verifier {
  readonly secretHeaders: readonly string[];
  readonly problem: Failure | undefined;
  readonly #header: string;
  readonly #digest: Buffer;

  /** @param secret blanks around it do not count: a header's value cannot have any (RFC 9110 section 5.5) */
  constructor(header: string, secret: string) {
    this.#header = header.trim().toLowerCase();
    this.secretHeaders = [this.#header];
    const missing = this.#header === '' ? 'header' : secret.trim() === '' ? 'secret' : undefined;
    if (missing) {
      this.problem = new Failure(
        'CONFIG',
        `no ${missing} is set for the verification: every delivery is refused`,
      );
    }
    this.#digest = sha256(Buffer.from(secret.trim(), 'utf8'));
  }

  verify({ headers }: Delivery): void {
    if (this.problem)
      throw new Refusal('CONFIG', 'this webhook is not set up yet: it refuses every delivery');
    const value = Object.hasOwn(headers, this.#header) ? headers[this.#header] : undefined;
    // Digests have one length, so the comparison's time says nothing about the secret's. Node.js reads headers as latin1.
    const given = sha256(Buffer.from(typeof value === 'string' ? value : '', 'latin1'));
    if (!timingSafeEqual(given, this.#digest)) {
      throw new Refusal(
        'UNAUTHORIZED',
        value === undefined ? 'the secret is missing' : 'the secret is wrong',
      );
    }
  }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
