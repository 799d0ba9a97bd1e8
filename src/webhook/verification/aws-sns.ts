import { createPublicKey, verify, X509Certificate, type KeyObject } from 'node:crypto';
import type { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';
import { Refusal } from '../refusal';
import { decodeSignature } from './algorithms';
import type { FetchText } from './fetch-text';
import { parseJson } from './json-body';
import { timestampFault } from './timestamp';
import { notSetUp, refusesAll, unauthorized } from './unauthorized';
import type { Verifier } from './verifier';

export interface AwsSnsOptions {
  /**
   * ARNs of the topics that may deliver; a `*` at the end stands for anything. AWS signs the messages of every account
   * with one key, so without them anybody with an account could deliver.
   */
  topics: readonly string[];
  fetchText: FetchText;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** Seconds that a message may be old; SNS repeats one for an hour at the longest. */
  tolerance?: number;
}

const longestBody = 1024 * 1024;
const hashes: Readonly<Record<string, string>> = { '1': 'sha1', '2': 'sha256' };
/** Names and order of docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
const notification = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const subscription = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
const signedFields: Readonly<Record<string, readonly string[]>> = {
  Notification: notification,
  SubscriptionConfirmation: subscription,
  UnsubscribeConfirmation: subscription,
};
const mostCertificates = 8;
const certificateAge = 24 * 3600_000;
/** Whoever claims a topic can make us fetch; a certificate is fetched once a day. */
const fetchesPerMinute = 6;

/** Whether a URL is one of SNS itself: https, its host, no credentials and no other port. */
export function isAwsSnsUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url?.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    /^sns\.[a-z0-9-]{3,40}\.amazonaws\.com(?:\.cn)?$/.test(url.hostname)
  );
}

/** A certificate of the region that the topic is in. */
function isCertificateUrl(text: string, topic: string): boolean {
  if (!isAwsSnsUrl(text)) return false;
  const { hostname, pathname, search } = new URL(text);
  const region = topic.split(':')[3];
  return (
    hostname.split('.')[1] === region &&
    search === '' &&
    /^\/SimpleNotificationService-[\w-]+\.pem$/.test(pathname)
  );
}

/** Messages of AWS SNS, signed with RSA by a key whose certificate stands at a URL in the message. */
export class AwsSns implements Verifier {
  readonly secretHeaders = [];
  readonly problem: Failure | undefined;
  readonly #topics: readonly string[];
  readonly #fetchText: FetchText;
  readonly #now: () => number;
  readonly #tolerance: number;
  #fetches = { minute: 0, left: 0 };
  readonly #keys = new Map<string, { key: Promise<KeyObject>; until: number }>();

  constructor({ topics, fetchText, now = Date.now, tolerance = 7200 }: AwsSnsOptions) {
    this.#topics = topics.map((topic) => topic.trim());
    this.#fetchText = fetchText;
    this.#now = now;
    this.#tolerance = tolerance;
    if (topics.length === 0) this.problem = refusesAll('no topic is set for the verification');
    else if (this.#topics.some((topic) => !/^arn:aws[\w-]*:sns:[a-z0-9-]+:\d+:/.test(topic))) {
      this.problem = refusesAll('a topic is not an ARN such as arn:aws:sns:REGION:ACCOUNT:NAME');
    }
  }

  async verify({ body }: Delivery): Promise<void> {
    if (this.problem) throw notSetUp(this.problem);
    const message = fieldsOf(body);
    const { Type = '', SignatureVersion = '', Signature = '', SigningCertURL = '' } = message;
    const names = Object.hasOwn(signedFields, Type) ? signedFields[Type]! : undefined;
    if (!names) throw unauthorized('the message has no Type of SNS; raw message delivery is not signed');
    if (!this.#knowsTopic(message.TopicArn ?? ''))
      throw unauthorized('the message is of a topic that is not set');
    const hash = Object.hasOwn(hashes, SignatureVersion) ? hashes[SignatureVersion] : undefined;
    const signature = decodeSignature(Signature, 'base64');
    if (!hash || !signature) throw unauthorized('the message has no Signature of version 1 or 2');
    if (!isCertificateUrl(SigningCertURL, message.TopicArn ?? '')) {
      throw unauthorized("the SigningCertURL is not one of AWS, in the topic's region");
    }
    const fault = timestampFault(message.Timestamp ?? '', 'iso', this.#tolerance, this.#now());
    if (fault) throw unauthorized(fault);
    const key = await this.#keyAt(SigningCertURL);
    const text = names
      .filter((name) => message[name] !== undefined)
      .map((name) => `${name}\n${message[name]}\n`)
      .join('');
    if (!verify(hash, Buffer.from(text, 'utf8'), key, signature)) {
      throw unauthorized(
        'the signature does not match: the message was changed on its way, or AWS did not sign it',
      );
    }
  }

  #knowsTopic(arn: string): boolean {
    return this.#topics.some((topic) =>
      topic.endsWith('*') ? arn.startsWith(topic.slice(0, -1)) : arn === topic,
    );
  }

  /** Certificates change about once a year. One fetch at a time for each, and a failed one is not kept. */
  async #keyAt(url: string): Promise<KeyObject> {
    const now = this.#now();
    const known = this.#keys.get(url);
    if (known && known.until > now) return known.key;
    const minute = Math.floor(now / 60_000);
    if (this.#fetches.minute !== minute) this.#fetches = { minute, left: fetchesPerMinute };
    if (this.#fetches.left-- <= 0) throw notNow('too many certificates were asked for');
    const key = this.#fetchText(url).then((pem) => rsaKey(new X509Certificate(pem)));
    this.#keys.set(url, { key, until: now + certificateAge });
    if (this.#keys.size > mostCertificates) this.#keys.delete(this.#keys.keys().next().value!);
    try {
      return await key;
    } catch (cause) {
      this.#keys.delete(url);
      throw notNow('the certificate of AWS could not be read', cause);
    }
  }
}

function notNow(detail: string, cause?: unknown): Refusal {
  return new Refusal('NOT_READY', 'the delivery cannot be verified at the moment', cause, detail);
}

function rsaKey({ publicKey }: X509Certificate): KeyObject {
  if (publicKey.asymmetricKeyType !== 'rsa') throw new TypeError('the certificate has no RSA key');
  return createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
}

/** The fields that are texts, as all of a message's are. */
function fieldsOf(body: Buffer): Record<string, string | undefined> {
  const json = parseJson(body, longestBody);
  if (typeof json !== 'object' || json === null) throw unauthorized('the body is not a message of SNS');
  const texts = Object.entries(json).filter(
    (field): field is [string, string] => typeof field[1] === 'string',
  );
  return Object.assign(Object.create(null) as object, Object.fromEntries(texts));
}
