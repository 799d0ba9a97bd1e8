import { createHash } from 'node:crypto';
import { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';
import { algorithms, type Algorithm, type Key } from './algorithms';
import { parseJson, valueAt } from './json-body';
import { nearMiss } from './near-misses';
import { checkPublicUrl, publicUrl, writeUrl } from './public-url';
import type { SignatureScheme } from './scheme';
import { readSignatureHeader } from './signature-header';
import {
  bodyDigestOf,
  coversUrl,
  headerOf,
  isForm,
  missingHeaders,
  parseSignedContent,
  renderSignedContent,
  type Known,
  type SignedContent,
} from './signed-content';
import { timestampFault } from './timestamp';
import { notSetUp, refusesAll, unauthorized } from './unauthorized';
import type { Verifier } from './verifier';

/** Bodies up to that are read for a timestamp in them. */
const longestJson = 16 * 1024 * 1024;
/** To look for the reason costs some signatures more: so often a second it is done, however many deliveries are wrong. */
const reasonsPerSecond = 4;

export interface SignatureOptions {
  /** All that are active: secrets of an HMAC, or public keys. */
  secrets: readonly string[];
  /** See `publicUrl`. */
  publicUrl?: string;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** Whether to look for what a signature that does not match might have meant; default true. */
  reasons?: boolean;
}

/** The sender signs what it sends: one implementation for every scheme. */
export class SignatureVerifier implements Verifier {
  readonly secretHeaders = [];
  readonly #scheme: SignatureScheme;
  readonly #publicUrl: string;
  readonly #now: () => number;
  readonly #algorithm: Algorithm | undefined;
  readonly #content: SignedContent | undefined;
  readonly #schemeProblem: Failure | undefined;
  #secrets: readonly string[] = [];
  #keys: readonly Key[] = [];
  #secretProblem: Failure | undefined;
  #reasons = { second: 0, left: 0 };
  readonly #reasonsPerSecond: number;

  constructor(
    scheme: SignatureScheme,
    { secrets, publicUrl = '', now = Date.now, reasons = true }: SignatureOptions,
  ) {
    this.#reasonsPerSecond = reasons ? reasonsPerSecond : 0;
    this.#scheme = scheme;
    this.#publicUrl = publicUrl;
    this.#now = now;
    try {
      this.#algorithm = Object.hasOwn(algorithms, scheme.algorithm)
        ? algorithms[scheme.algorithm]
        : undefined;
      this.#content = checkScheme(scheme, this.#algorithm);
      checkPublicUrl(publicUrl);
    } catch (error) {
      this.#schemeProblem = problemOf(error);
    }
    this.setSecrets(secrets);
  }

  /** Replaces the secrets: one that was learned in a handshake, or a new one while the old is still active. */
  setSecrets(secrets: readonly string[]): void {
    this.#secrets = secrets;
    this.#keys = [];
    this.#secretProblem = undefined;
    if (secrets.length === 0) this.#secretProblem = refusesAll('no secret is set for the verification');
    try {
      const { secretFormat } = this.#scheme;
      this.#keys = secrets.map(
        (secret) => this.#algorithm?.readKey(blankless(secret), secretFormat) ?? raise(),
      );
    } catch (error) {
      this.#secretProblem = problemOf(error);
    }
  }

  get problem(): Failure | undefined {
    return this.#schemeProblem ?? this.#secretProblem;
  }

  verify(delivery: Delivery): void {
    const { problem } = this;
    if (problem) throw notSetUp(problem);
    const scheme = this.#scheme;
    const header = readSignatureHeader(scheme, delivery);
    const known = this.#known(delivery, header.timestamp);
    if (scheme.timestamp?.from !== 'body') this.#checkTime(known.timestamp);
    checkBodyDigest(scheme, delivery);
    if (!this.#matches(delivery, known, header.signatures)) {
      throw unauthorized(this.#reason(delivery, known, header.signatures));
    }
    // what stands in the body is known only now to come from the sender
    if (scheme.timestamp?.from === 'body') this.#checkTime(bodyTime(delivery, scheme.timestamp.name));
  }

  #known(delivery: Delivery, entry: string | undefined): Known {
    const { timestamp, idHeader } = this.#scheme;
    const content = this.#content!;
    const known: Known = { id: '', timestamp: entry ?? '', url: '' };
    if (timestamp?.from === 'header') known.timestamp = present(delivery, timestamp.name, 'timestamp');
    if (content.covered.has('id')) known.id = present(delivery, idHeader, 'id');
    if (coversUrl(content)) known.url = publicUrl(delivery, this.#publicUrl);
    const [missing] = missingHeaders(content, delivery);
    if (missing !== undefined) throw unauthorized(`the header "${missing}", which is signed, is missing`);
    return known;
  }

  #checkTime(text: string): void {
    const { timestamp } = this.#scheme;
    if (!timestamp || timestamp.tolerance <= 0) return;
    const fault = timestampFault(text, timestamp.unit, timestamp.tolerance, this.#now());
    if (fault) throw unauthorized(fault);
  }

  /** Against every secret, and every way in which the sender may write its URL. */
  #matches(delivery: Delivery, known: Known, signatures: readonly string[]): boolean {
    const { encoding, url: forms } = this.#scheme;
    const content = this.#content!;
    const urls = coversUrl(content) ? new Set(forms.map((form) => writeUrl(known.url, form))) : [known.url];
    for (const url of urls) {
      const text = renderSignedContent(content, delivery, { ...known, url });
      for (const key of this.#keys) {
        for (const signature of signatures) {
          if (this.#algorithm!.verify(key, text, signature, encoding)) return true;
        }
      }
    }
    return false;
  }

  #reason(delivery: Delivery, known: Known, signatures: readonly string[]): string {
    const second = Math.floor(this.#now() / 1000);
    if (this.#reasons.second !== second) this.#reasons = { second, left: this.#reasonsPerSecond };
    const found =
      this.#reasons.left-- > 0 &&
      nearMiss({
        scheme: this.#scheme,
        secrets: this.#secrets,
        publicUrl: this.#publicUrl,
        delivery,
        known,
        signatures,
      });
    return found || 'the signature does not match: the secret is another, or the body was changed on its way';
  }
}

/** @throws Failure CONFIG for a scheme that could never be verified */
function checkScheme(scheme: SignatureScheme, algorithm: Algorithm | undefined): SignedContent {
  if (!algorithm) throw new Failure('CONFIG', `the algorithm "${scheme.algorithm}" is not known`);
  if (scheme.header.trim() === '') throw new Failure('CONFIG', 'no signature header is set');
  const content = parseSignedContent(scheme.text);
  if (content.covered.has('id') && scheme.idHeader === '') {
    throw new Failure('CONFIG', 'the signature covers the id, but no header is set for it');
  }
  if (content.covered.has('timestamp') && (scheme.timestamp?.from ?? 'body') === 'body') {
    throw new Failure('CONFIG', 'the signature covers the timestamp, but it is not set where that stands');
  }
  if (coversUrl(content) && scheme.url.length === 0) {
    throw new Failure('CONFIG', 'the signature covers the URL, but it is not set how that is written');
  }
  return content;
}

/** @throws Refusal UNAUTHORIZED when a body came that nothing of what is signed covers, or another than was signed */
function checkBodyDigest(scheme: SignatureScheme, delivery: Delivery): void {
  if (scheme.bodyDigest === '') return;
  const digest = bodyDigestOf(scheme, delivery);
  if (digest === undefined) {
    if (delivery.body.length === 0 || isForm(delivery)) return;
    throw unauthorized(
      `the URL has no parameter "${scheme.bodyDigest}", without which nothing vouches for this body`,
    );
  }
  // not a secret, so there is nothing to learn from the time that this takes
  if (digest.toLowerCase() !== createHash('sha256').update(delivery.body).digest('hex')) {
    throw unauthorized(`the body is another than the parameter "${scheme.bodyDigest}" of the URL says`);
  }
}

function present(delivery: Delivery, name: string, what: string): string {
  const value = headerOf(delivery, name.toLowerCase());
  if (value === undefined || value === '') {
    throw unauthorized(`the ${what} header "${name.toLowerCase()}" is missing`);
  }
  return value;
}

function bodyTime({ body }: Delivery, path: string): string {
  const value = valueAt(parseJson(body, longestJson), path);
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw unauthorized(`the body has no timestamp at "${path}"`);
  }
  return String(value);
}

/** Nothing but blanks is no secret; blanks around one may belong to it. */
function blankless(secret: string): string {
  return secret.trim() === '' ? '' : secret;
}

function raise(): never {
  throw new Failure('CONFIG', 'the algorithm is not known');
}

function problemOf(error: unknown): Failure {
  if (!(error instanceof Failure)) throw error;
  return refusesAll(error.message);
}
