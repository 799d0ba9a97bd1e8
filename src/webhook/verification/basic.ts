import type { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';
import { SharedSecrets } from './shared-secrets';
import { notSetUp, refusesAll, unauthorized } from './unauthorized';
import type { Verifier } from './verifier';

/** One user and the passwords that are active for it. */
export interface BasicLogin {
  user: string;
  passwords: readonly string[];
}

/** HTTP Basic authentication of the sender (RFC 7617). A user may be without a name, not without a password. */
export class Basic implements Verifier {
  readonly secretHeaders = ['authorization'];
  readonly problem: Failure | undefined;
  readonly #pairs: SharedSecrets;

  constructor({ user, passwords }: BasicLogin) {
    // A password is compared as it is: blanks belong to it. The colon keeps user and password apart.
    this.#pairs = new SharedSecrets(passwords.map((password) => encode(`${user}:${password}`)));
    if (user.includes(':')) this.problem = refusesAll('a user name with a colon cannot be verified');
    else if (passwords.length === 0 || passwords.includes('')) {
      this.problem = refusesAll('no password is set for the verification');
    }
  }

  verify({ headers }: Delivery): void {
    if (this.problem) throw notSetUp(this.problem);
    const { authorization } = headers;
    if (authorization === undefined) throw unauthorized('the header "authorization" is missing');
    const [, credentials] = /^basic +([a-z0-9+/_-]+={0,2}) *$/i.exec(authorization) ?? [];
    if (credentials === undefined) throw unauthorized('the header "authorization" is not Basic');
    const given = Buffer.from(credentials, 'base64').toString('base64');
    if (!this.#pairs.has(given, 'latin1')) throw unauthorized('the user or the password is another');
  }
}

/** Base64 has no blanks that a comparison could lose. */
function encode(pair: string): string {
  return Buffer.from(pair, 'utf8').toString('base64');
}
