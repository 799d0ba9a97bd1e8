import { createHash, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { CryptoKey, FlattenedJWSInput, JWTHeaderParameters, JWTPayload } from 'jose';
import type { SecretFormat, SignatureEncoding } from '../../connection/auth/signed-text';
import { signingKey } from '../../connection/auth/signed-text';
import { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';
import { Refusal } from '../refusal';
import type { FetchText } from './fetch-text';
import { KeySet } from './jwks';
import { readPublicKey } from './algorithms';
import { headerOf } from './signed-content';
import { notSetUp, refusesAll, unauthorized } from './unauthorized';
import type { Verifier } from './verifier';

const secretAlgorithms = ['HS256', 'HS384', 'HS512'];
const publicAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** How a token is verified. */
export interface JwtScheme {
  /** The header with the token; `Bearer ` in front of it is left out. */
  header: string;
  /** Those that are allowed (RFC 8725 section 3.1), all for secrets or all for public keys. */
  algorithms: readonly string[];
  keys:
    | { from: 'secrets'; secrets: readonly string[]; format: SecretFormat }
    | { from: 'public-keys'; keys: readonly string[]; format: SecretFormat }
    | { from: 'jwks'; url: string };
  /** Those that may issue it, and those for whom it may be; nothing is checked where it is empty. */
  issuers: readonly string[];
  audiences: readonly string[];
  /** Seconds that the sender's clock may differ. */
  tolerance: number;
  /** Claims that must be there; `exp` keeps a token from being good for ever. */
  required: readonly string[];
  /** The claim with the SHA-256 of the body, as Netlify (`sha256`, hex) and FusionAuth (`request_body_sha256`, base64) send it. */
  bodyDigest?: { claim: string; encoding: SignatureEncoding };
}

export interface JwtOptions {
  /** For the key set. */
  fetchText: FetchText;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

const longestToken = 16 * 1024;

/** A signed JSON Web Token in a header (RFC 7519), with a secret, public keys, or the key set of its issuer. */
export class Jwt implements Verifier {
  readonly secretHeaders: readonly string[];
  readonly problem: Failure | undefined;
  readonly #scheme: JwtScheme;
  readonly #header: string;
  readonly #now: () => number;
  readonly #keysFor: (header: JWTHeaderParameters, token: FlattenedJWSInput) => Promise<readonly Usable[]>;

  constructor(scheme: JwtScheme, { fetchText, now = Date.now }: JwtOptions) {
    this.#scheme = scheme;
    this.#header = scheme.header.trim().toLowerCase();
    this.secretHeaders = [this.#header];
    this.#now = now;
    this.#keysFor = () => Promise.resolve([]);
    try {
      checkJwtScheme(scheme);
      const { keys } = scheme;
      if (keys.from === 'jwks') {
        const set = new KeySet(keys.url, fetchText, now);
        this.#keysFor = (header, token) => set.keysFor(header, token);
      } else {
        const known: readonly Usable[] =
          keys.from === 'secrets'
            ? keys.secrets.map((secret) => signingKey(secret.trim() && secret, keys.format))
            : keys.keys.map((key) => readPublicKey(key, keys.format));
        this.#keysFor = () => Promise.resolve(known);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.problem = refusesAll(error.message);
    }
  }

  async verify(delivery: Delivery): Promise<void> {
    if (this.problem) throw notSetUp(this.problem);
    const value = headerOf(delivery, this.#header);
    if (value === undefined) throw unauthorized(`the header "${this.#header}" is missing`);
    const token = value.trim().replace(/^bearer +/i, '');
    if (token.length > longestToken) throw unauthorized('the token is too long');
    const payload = await this.#payload(token);
    if (this.#scheme.bodyDigest) checkDigest(payload, this.#scheme.bodyDigest, delivery.body);
  }

  async #payload(token: string): Promise<JWTPayload> {
    const { decodeProtectedHeader, errors, jwtVerify } = await import('jose');
    const { algorithms, issuers, audiences, tolerance, required } = this.#scheme;
    try {
      const header = decodeProtectedHeader(token);
      if (typeof header.alg !== 'string' || !algorithms.includes(header.alg)) {
        throw unauthorized('the algorithm of the token is not one that is allowed');
      }
      const [encoded = '', payload = '', signature = ''] = token.split('.');
      const keys = await this.#keysFor(header as JWTHeaderParameters, {
        protected: encoded,
        payload,
        signature,
      });
      let failure: unknown = unauthorized('no key is known for the token');
      for (const key of keys) {
        try {
          const verified = await jwtVerify(token, key as CryptoKey, {
            algorithms: [...algorithms],
            ...(issuers.length > 0 ? { issuer: [...issuers] } : {}),
            ...(audiences.length > 0 ? { audience: [...audiences] } : {}),
            clockTolerance: tolerance,
            currentDate: new Date(this.#now()),
            requiredClaims: [...required],
          });
          return verified.payload;
        } catch (error) {
          failure = error;
          if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
        }
      }
      throw failure;
    } catch (error) {
      if (error instanceof Refusal) throw error;
      // whatever a token can bring about is its sender's fault; jose's sentences hold no secret
      throw unauthorized(`the token is not accepted: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }
}

type Usable = CryptoKey | KeyObject | Uint8Array;

/** @throws Failure CONFIG for what could never verify, or would confuse a public key with a secret (RFC 8725 section 2.1) */
function checkJwtScheme({ header, algorithms, keys }: JwtScheme): void {
  if (header.trim() === '') throw new Failure('CONFIG', 'no header is set for the token');
  const possible = keys.from === 'secrets' ? secretAlgorithms : publicAlgorithms;
  const wrong = algorithms.find((algorithm) => !possible.includes(algorithm));
  if (algorithms.length === 0) throw new Failure('CONFIG', 'no algorithm is allowed for the token');
  if (wrong !== undefined) {
    const kind = keys.from === 'secrets' ? 'a secret' : 'public keys';
    throw new Failure('CONFIG', `the algorithm "${wrong}" cannot be used with ${kind}`);
  }
  if (keys.from === 'jwks') {
    if (!/^https?:$/.test(URL.parse(keys.url)?.protocol ?? '')) {
      throw new Failure('CONFIG', 'the address of the key set (JWKS) is not a URL');
    }
  } else if ((keys.from === 'secrets' ? keys.secrets : keys.keys).length === 0) {
    throw new Failure('CONFIG', 'no secret is set for the verification');
  }
}

function checkDigest(
  payload: JWTPayload,
  { claim, encoding }: NonNullable<JwtScheme['bodyDigest']>,
  body: Buffer,
): void {
  const value = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
  if (typeof value !== 'string')
    throw unauthorized(`the token has no claim "${claim}" with the digest of the body`);
  const given = Buffer.from(value, encoding);
  const digest = createHash('sha256').update(body).digest();
  if (given.length !== digest.length || !timingSafeEqual(given, digest)) {
    throw unauthorized(`the body is another than the claim "${claim}" of the token says`);
  }
}
