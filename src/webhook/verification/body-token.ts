import type { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';
import { parseJson, valuesAt, type JsonPath } from './json-body';
import { SharedSecrets } from './shared-secrets';
import { notSetUp, refusesAll, unauthorized } from './unauthorized';
import type { Verifier } from './verifier';

const longestBody = 16 * 1024 * 1024;

/**
 * The sender repeats a secret in its JSON body, in each item of a list where there are several: `value.*.clientState` of
 * Microsoft Graph (learn.microsoft.com/graph/change-notifications-delivery-webhooks).
 */
export class BodyToken implements Verifier {
  readonly secretHeaders = [];
  readonly problem: Failure | undefined;
  readonly #path: JsonPath;
  readonly #secrets: SharedSecrets;

  constructor(path: JsonPath, secrets: readonly string[]) {
    this.#path = path;
    this.#secrets = new SharedSecrets(secrets);
    this.problem =
      path === '' ? refusesAll('no path into the body is set for the verification') : this.#secrets.problem;
  }

  verify({ body }: Delivery): void {
    if (this.problem) throw notSetUp(this.problem);
    const json = parseJson(body, longestBody);
    if (json === undefined) throw unauthorized('the body, which should hold the secret, is not JSON');
    const values = valuesAt(json, this.#path);
    // An empty list holds no secret, and so nothing that could be trusted.
    if (values.length === 0 || values.includes(undefined)) {
      throw unauthorized(`the body has no ${this.#path}`);
    }
    for (const value of values) {
      if (typeof value !== 'string' || !this.#secrets.has(value.trim(), 'utf8')) {
        throw unauthorized(`${this.#path} of the body holds another secret`);
      }
    }
  }
}
