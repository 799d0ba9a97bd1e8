import type { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';
import { Refusal } from '../refusal';
import { SharedSecrets } from './shared-secrets';
import { notSetUp, refusesAll } from './unauthorized';
import type { Verifier } from './verifier';

/** The sender repeats a secret in a header. An empty secret, or no header name, refuses everything. */
export class SecretHeader implements Verifier {
  readonly secretHeaders: readonly string[];
  readonly problem: Failure | undefined;
  readonly #header: string;
  readonly #secrets: SharedSecrets;

  /** @param secret one, or all that are active */
  constructor(header: string, secret: string | readonly string[]) {
    this.#header = header.trim().toLowerCase();
    this.secretHeaders = [this.#header];
    this.#secrets = new SharedSecrets(typeof secret === 'string' ? [secret] : secret);
    this.problem =
      this.#header === '' ? refusesAll('no header is set for the verification') : this.#secrets.problem;
  }

  verify({ headers }: Delivery): void {
    if (this.problem) throw notSetUp(this.problem);
    const value = Object.hasOwn(headers, this.#header) ? headers[this.#header] : undefined;
    if (value === undefined) {
      throw new Refusal(
        'UNAUTHORIZED',
        'the secret is missing',
        undefined,
        `the header "${this.#header}" is missing`,
      );
    }
    if (typeof value !== 'string' || !this.#isKnown(value)) {
      const detail = `the header "${this.#header}" holds another secret`;
      throw new Refusal('UNAUTHORIZED', 'the secret is wrong', undefined, detail);
    }
  }

  /** A bearer token may be set with or without the scheme's name in front (RFC 6750 section 2.1). */
  #isKnown(value: string): boolean {
    if (this.#secrets.has(value, 'latin1')) return true;
    return this.#header === 'authorization' && this.#secrets.has(value.replace(/^bearer +/i, ''), 'latin1');
  }
}
