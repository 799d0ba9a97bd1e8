import type { Failure } from '../../exchange/failure';
import { queryOf, type Delivery } from '../delivery';
import { SharedSecrets } from './shared-secrets';
import { notSetUp, refusesAll, unauthorized } from './unauthorized';
import type { Verifier } from './verifier';

/** The sender's URL carries a secret: `?token=…`. It stands in the logs of every proxy, so this is for who can do no better. */
export class QueryToken implements Verifier {
  readonly secretHeaders = [];
  readonly problem: Failure | undefined;
  readonly #parameter: string;
  readonly #secrets: SharedSecrets;

  constructor(parameter: string, secrets: readonly string[]) {
    this.#parameter = parameter;
    this.#secrets = new SharedSecrets(secrets);
    this.problem =
      parameter === '' ? refusesAll('no query parameter is set for the verification') : this.#secrets.problem;
  }

  verify({ url }: Delivery): void {
    if (this.problem) throw notSetUp(this.problem);
    const values = new URLSearchParams(queryOf(url)).getAll(this.#parameter);
    const name = `the query parameter "${this.#parameter}"`;
    if (values.length === 0) throw unauthorized(`${name} is missing`);
    if (values.length > 1) throw unauthorized(`${name} is there more than once`);
    if (!this.#secrets.has(values[0]!.trim(), 'utf8')) throw unauthorized(`${name} holds another secret`);
  }
}
