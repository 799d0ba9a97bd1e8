import { Failure } from '../../exchange/failure';
import type { SecretFormat } from '../../connection/auth/signed-text';
import type { Delivery } from '../delivery';
import { algorithms, type Key, type SignatureAlgorithm } from './algorithms';
import { contentDigestFault } from './content-digest';
import { ComponentError, componentName, signatureBase } from './message-components';
import { checkPublicUrl, otherUrls, publicUrl } from './public-url';
import { headerOf } from './signed-content';
import { parseDictionary, type InnerList, type Member } from './structured-fields';
import { notSetUp, refusesAll, unauthorized } from './unauthorized';
import type { Verifier } from './verifier';

/** The algorithms of RFC 9421 section 3.3, by the names of its registry. */
export const messageAlgorithms = {
  'hmac-sha256': 'hmac-sha256',
  ed25519: 'ed25519',
  'ecdsa-p256-sha256': 'ecdsa-p256-sha256',
  'ecdsa-p384-sha384': 'ecdsa-p384-sha384',
  'rsa-pss-sha512': 'rsa-pss-sha512',
  'rsa-v1_5-sha256': 'rsa-sha256',
} as const satisfies Record<string, SignatureAlgorithm>;
export type MessageAlgorithm = keyof typeof messageAlgorithms;

/** A key and the one algorithm that it is for: a message never chooses that. */
export interface MessageKey {
  /** The `keyid` that it belongs to; '' for any. */
  id: string;
  algorithm: MessageAlgorithm;
  key: string;
  format: SecretFormat;
}

export interface MessageSignatureScheme {
  keys: readonly MessageKey[];
  /** Components that a signature must cover: without `content-digest` nothing vouches for the body. */
  required: readonly string[];
  /** Seconds that `created` may differ from now, before and after; 0 leaves it unchecked, and then it may be missing. */
  tolerance: number;
  /** The `tag` that a signature must have; '' for any. */
  tag: string;
}

export const requiredComponents = ['@method', '@target-uri', 'content-digest'] as const;

const longestHeader = 8192;
const mostSignatures = 8;
const mostComponents = 64;

interface ReadKey {
  id: string;
  name: MessageAlgorithm;
  key: Key;
}

/** HTTP Message Signatures (RFC 9421) of a request, with the body by its `Content-Digest` (RFC 9530). */
export class MessageSignature implements Verifier {
  readonly secretHeaders = [];
  readonly problem: Failure | undefined;
  readonly #scheme: MessageSignatureScheme;
  readonly #publicUrl: string;
  readonly #now: () => number;
  readonly #keys: readonly ReadKey[] = [];

  constructor(
    scheme: MessageSignatureScheme,
    { publicUrl = '', now = Date.now }: { publicUrl?: string; now?: () => number } = {},
  ) {
    this.#scheme = scheme;
    this.#publicUrl = publicUrl;
    this.#now = now;
    try {
      checkPublicUrl(publicUrl);
      if (scheme.keys.length === 0) throw new Failure('CONFIG', 'no key is set for the verification');
      this.#keys = scheme.keys.map(readKey);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.problem = refusesAll(error.message);
    }
  }

  verify(delivery: Delivery): void {
    if (this.problem) throw notSetUp(this.problem);
    const inputs = dictionaryOf(delivery, 'signature-input');
    const signatures = dictionaryOf(delivery, 'signature');
    if (inputs.size > mostSignatures) throw unauthorized(`there are more than ${mostSignatures} signatures`);
    let reason = 'the header "signature-input" names no signature';
    for (const [label, input] of inputs) {
      const fault = this.#fault(delivery, input, signatures.get(label));
      if (fault === undefined) return;
      reason = fault;
    }
    throw unauthorized(reason);
  }

  /** Why one of the signatures does not do. */
  #fault(delivery: Delivery, input: Member, signature: Member | undefined): string | undefined {
    if (!('items' in input)) return 'the header "signature-input" has a member that is no list of components';
    if (!signature || !('item' in signature) || signature.item.type !== 'binary') {
      return 'the header "signature" has no signature of that name';
    }
    if (input.items.length > mostComponents)
      return `the signature covers more than ${mostComponents} components`;
    const refused = this.#coverageFault(input) ?? this.#timeFault(input);
    if (refused) return refused;
    const keyid = textParameter(input, 'keyid');
    const alg = textParameter(input, 'alg');
    const keys = this.#keys.filter(({ id }) => id === '' || id === keyid);
    if (keys.length === 0) return `no key is set for the keyid ${shown(keyid)}`;
    const usable = keys.filter(({ name }) => alg === undefined || alg === name);
    if (usable.length === 0) return `the key is set for another algorithm than ${shown(alg)}`;
    const url = publicUrl(delivery, this.#publicUrl);
    const { value } = signature.item;
    try {
      if (!matches(usable, input, delivery, url, value))
        return this.#mismatch(usable, input, delivery, value);
    } catch (error) {
      if (error instanceof ComponentError) return error.message;
      throw error;
    }
    // what is covered is known now to come from the sender, and says what the body has to be
    if (!covers(input, 'content-digest')) return undefined;
    return contentDigestFault(headerOf(delivery, 'content-digest') ?? '', delivery.body);
  }

  #coverageFault(input: InnerList): string | undefined {
    const missing = this.#scheme.required.find((name) => !covers(input, name));
    if (missing !== undefined) return `the signature does not cover "${missing}", which is required`;
    const { tag } = this.#scheme;
    return tag !== '' && textParameter(input, 'tag') !== tag ? 'the signature has another tag' : undefined;
  }

  #timeFault({ parameters }: InnerList): string | undefined {
    const now = Math.floor(this.#now() / 1000);
    const { tolerance } = this.#scheme;
    const created = parameters.get('created');
    const expires = parameters.get('expires');
    if (tolerance > 0) {
      if (created?.type !== 'integer') return 'the signature has no time of its creation';
      const age = now - created.value;
      if (age > tolerance) return `the signature is ${age} s old, ${tolerance} s are allowed`;
      if (age < -tolerance)
        return `the signature is ${-age} s ahead, ${tolerance} s are allowed: is the clock here right?`;
    }
    if (expires === undefined) return undefined;
    if (expires.type !== 'integer') return 'the time at which the signature expires cannot be read';
    return expires.value <= now ? `the signature expired ${now - expires.value} s ago` : undefined;
  }

  #mismatch(keys: readonly ReadKey[], input: InnerList, delivery: Delivery, signature: Buffer): string {
    const other = otherUrls(delivery, this.#publicUrl)
      .filter((url) => URL.canParse(url))
      .find((url) => wouldMatch(keys.slice(0, 1), input, delivery, url, signature));
    return other === undefined
      ? 'the signature does not match: the key is another, or something covered was changed on its way'
      : `signed another URL: set the public URL to what the sender has, ${other.replace(/\?.*$/s, '')}`;
  }
}

/** @throws ComponentError when what is covered is not there */
function matches(
  keys: readonly ReadKey[],
  input: InnerList,
  delivery: Delivery,
  url: string,
  signature: Buffer,
): boolean {
  if (!URL.canParse(url)) throw new ComponentError('the request has no host: set the public URL');
  const base = signatureBase(input, delivery, url);
  const given = signature.toString('base64');
  return keys.some(({ name, key }) => algorithms[messageAlgorithms[name]].verify(key, base, given, 'base64'));
}

/** With a URL that is only guessed, a component may not be there. */
function wouldMatch(...args: Parameters<typeof matches>): boolean {
  try {
    return matches(...args);
  } catch (error) {
    if (error instanceof ComponentError) return false;
    throw error;
  }
}

function readKey({ id, algorithm, key, format }: MessageKey): ReadKey {
  if (!Object.hasOwn(messageAlgorithms, algorithm)) {
    throw new Failure('CONFIG', `the algorithm "${algorithm}" is not known`);
  }
  const secret = key.trim() === '' ? '' : key;
  return { id, name: algorithm, key: algorithms[messageAlgorithms[algorithm]].readKey(secret, format) };
}

function dictionaryOf(delivery: Delivery, name: string): Map<string, Member> {
  const value = headerOf(delivery, name);
  if (value === undefined) throw unauthorized(`the header "${name}" is missing`);
  if (value.length > longestHeader)
    throw unauthorized(`the header "${name}" is longer than ${longestHeader} characters`);
  try {
    return parseDictionary(value.trim());
  } catch {
    throw unauthorized(`the header "${name}" is not a structured field`);
  }
}

function covers(input: InnerList, name: string): boolean {
  return input.items.some((item) => componentName(item) === name);
}

function textParameter({ parameters }: InnerList, name: string): string | undefined {
  const item = parameters.get(name);
  return item?.type === 'string' ? item.value : undefined;
}

function shown(text: string | undefined): string {
  return text === undefined ? 'that is missing' : `"${text.slice(0, 100)}"`;
}
