import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWTHeaderParameters } from 'jose';
import { Refusal } from '../refusal';
import type { FetchText } from './fetch-text';

/** Milliseconds. A key that was revoked is trusted no longer than the first; keys outlive a provider's outage by the second. */
const refreshAfter = 10 * 60_000;
const keptFor = 24 * 3600_000;
/** An unknown key id asks for new keys at most so often, or anybody could make us fetch. */
const leastInterval = 30_000;
const longestSet = 512 * 1024;
const mostCandidates = 8;

/** The public keys of an issuer (RFC 7517), fetched from its URL, kept, and fetched anew when a key id is not among them. */
export class KeySet {
  readonly #url: string;
  readonly #fetchText: FetchText;
  readonly #now: () => number;
  #keys: { find: KeyFinder; at: number } | undefined;
  #asked = -Infinity;
  #pending: Promise<void> | undefined;
  #failure: unknown;

  constructor(url: string, fetchText: FetchText, now: () => number) {
    this.#url = url;
    this.#fetchText = fetchText;
    this.#now = now;
  }

  /**
   * The keys that a token may be signed with.
   *
   * @throws Refusal NOT_READY when the keys cannot be had, JWKSNoMatchingKey of jose when none matches
   */
  async keysFor(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey[]> {
    if (!this.#keys || this.#now() - this.#keys.at > refreshAfter) await this.#refresh();
    const { errors } = await import('jose');
    try {
      return await this.#find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(await this.#refresh())) throw error;
      return this.#find(header, token);
    }
  }

  async #find(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey[]> {
    const known = this.#keys;
    if (!known || this.#now() - known.at > keptFor) {
      throw new Refusal(
        'NOT_READY',
        'the delivery cannot be verified at the moment',
        this.#failure,
        'the keys of the issuer (JWKS) cannot be fetched',
      );
    }
    return known.find(header, token);
  }

  /** Whether the keys are new; they stay what they were when they could not be fetched. */
  async #refresh(): Promise<boolean> {
    const before = this.#keys;
    if (!this.#pending) {
      if (this.#now() - this.#asked < leastInterval) return false;
      this.#asked = this.#now();
      this.#pending = this.#fetch().finally(() => (this.#pending = undefined));
    }
    await this.#pending;
    return this.#keys !== before;
  }

  async #fetch(): Promise<void> {
    try {
      const text = await this.#fetchText(this.#url);
      if (text.length > longestSet) throw new RangeError('the key set is too large');
      this.#keys = { find: await finderOf(JSON.parse(text) as JSONWebKeySet), at: this.#now() };
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
    }
  }
}

type KeyFinder = (header: JWTHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey[]>;

/** jose looks at kid, alg, use and key_ops; of several that match each is tried. */
async function finderOf(set: JSONWebKeySet): Promise<KeyFinder> {
  const { createLocalJWKSet, errors } = await import('jose');
  const find = createLocalJWKSet(set);
  return async (header, token) => {
    try {
      return [await find(header, token)];
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      const keys: CryptoKey[] = [];
      for await (const key of error) if (keys.push(key) === mostCandidates) break;
      return keys;
    }
  };
}
