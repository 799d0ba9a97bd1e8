import { createHash } from 'node:crypto';
import { RequestSigner } from 'aws4';
import { Failure } from '../../exchange/failure';
import { isStreamed, readThrough, type StreamBody } from '../body';
import { getHeader, removeHeader, setHeader, type HeaderFields } from '../headers';
import type { Hop, HopAnswer } from '../transport';
import type { Authenticator } from './authenticator';
import { canonicalUrl } from './aws-url';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** What a signature is for; '' for what the host name says. */
export interface AwsTarget {
  /** `eu-central-1` */
  region: string;
  /** The name under which the service signs: `s3`, `execute-api`, `es`. */
  service: string;
}

/** Where credentials come from, when they are not fixed. */
export interface AwsCredentialSource {
  /** @throws Failure when there are none */
  get(signal: AbortSignal): Promise<AwsCredentials>;
  /** The server called these expired. True when the next `get` fetches others. */
  expire(used: AwsCredentials): boolean;
  secrets(): readonly string[];
}

/** A server whose clock is further off than this refuses a signature or soon will; AWS itself allows 15 minutes. */
const mostSkew = 5 * 60_000;
const refusals: ReadonlySet<number> = new Set([400, 401, 403]);
/** Services that want the hash of the body in a header. */
const hashesBody: ReadonlySet<string> = new Set(['s3', 'aoss']);
const unsignedPayload = 'UNSIGNED-PAYLOAD';
/** Proxies and gateways change these on the way, so they are not signed. */
const unsigned = { 'accept-encoding': true, te: true, 'transfer-encoding': true, 'cache-control': true };

/**
 * AWS Signature Version 4 with an access key (docs.aws.amazon.com, IAM User Guide, "Create a signed AWS API request").
 *
 * @param now milliseconds since the epoch
 * @throws Failure CONFIG when the key is incomplete
 */
export function aws(
  credentials: AwsCredentials,
  target: AwsTarget,
  now: () => number = Date.now,
): Authenticator {
  if (!credentials.accessKeyId) throw new Failure('CONFIG', 'the AWS access key id is empty');
  if (!credentials.secretAccessKey) throw new Failure('CONFIG', 'the AWS secret access key is empty');
  const secrets = [credentials.secretAccessKey, credentials.sessionToken ?? ''].filter(Boolean);
  const fixed: AwsCredentialSource = {
    get: () => Promise.resolve(credentials),
    expire: () => false,
    secrets: () => secrets,
  };
  return signatureV4(fixed, target, now);
}

/** Signs each request as it goes on the wire, and once more when the server's clock says another time than ours. */
export function signatureV4(
  source: AwsCredentialSource,
  target: AwsTarget,
  now: () => number = Date.now,
): Authenticator {
  /** Milliseconds to add to our clock, by origin: each server has its own. */
  const skews = new Map<string, number>();
  /** What a hop was signed with: renewed only when it is still what would be used. */
  const used = new WeakMap<Hop, AwsCredentials>();
  return {
    async authorize(hop, signal) {
      const credentials = await source.get(signal);
      used.set(hop, credentials);
      const hash = isStreamed(hop.body) ? await streamedHash(hop, hop.body, signal) : undefined;
      sign(hop, credentials, target, now() + (skews.get(hop.url.origin) ?? 0), hash);
    },
    renew(answer, hop) {
      const server = skewedTime(answer, hop);
      if (server !== undefined) skews.set(hop.url.origin, server - now());
      const credentials = used.get(hop);
      const fresh = credentials !== undefined && saysExpired(answer) && source.expire(credentials);
      return Promise.resolve(server !== undefined || fresh);
    },
    secrets: () => source.secrets(),
  };
}

/**
 * Puts the URL in the one spelling that every reader of it agrees on, and signs.
 *
 * @throws Failure CONFIG when neither the settings nor the host name say for which service
 */
function sign(
  hop: Hop,
  credentials: AwsCredentials,
  target: AwsTarget,
  time: number,
  streamedHash?: string,
): void {
  const { url, headers } = hop;
  canonicalUrl(url);
  const body = Buffer.isBuffer(hop.body) ? hop.body : Buffer.alloc(0);
  const request = {
    hostname: url.hostname,
    service: target.service,
    region: target.region,
    method: hop.method,
    path: url.pathname + url.search,
    body,
    doNotModifyHeaders: true,
    extraHeadersToIgnore: unsigned,
  };
  const signer = new RequestSigner(request, credentials);
  if (!signer.service) {
    const sentence = `the host name ${url.hostname} does not say which AWS service it is: enter the service`;
    throw new Failure('CONFIG', sentence);
  }
  signer.datetime = amzDate(time);
  removeHeader(headers, 'authorization');
  setHeader(headers, 'X-Amz-Date', signer.datetime);
  if (credentials.sessionToken) setHeader(headers, 'X-Amz-Security-Token', credentials.sessionToken);
  const bodyHash =
    getHeader(headers, 'x-amz-content-sha256') ?? streamedHash ?? hashFor(signer.service, body);
  if (bodyHash === unsignedPayload && signer.service !== 's3') {
    throw new Failure(
      'INVALID_REQUEST',
      `${signer.service} wants the body signed, and this one can be read only once: send it from a file or a Buffer`,
    );
  }
  if (bodyHash) setHeader(headers, 'X-Amz-Content-Sha256', bodyHash);
  const host = getHeader(headers, 'host') ?? url.host;
  const signed: HeaderFields = { ...headers };
  setHeader(signed, 'Host', host);
  signer.request.headers = signed;
  try {
    setHeader(headers, 'Authorization', signer.authHeader());
  } catch (cause) {
    // aws4 decodes the path of an S3 request
    if (!(cause instanceof URIError)) throw cause;
    throw new Failure('INVALID_REQUEST', 'the path of the URL holds bytes that are not UTF-8', { cause });
  }
}

function hashFor(service: string, body: Buffer): string | undefined {
  return hashesBody.has(service) ? createHash('sha256').update(body).digest('hex') : undefined;
}

/**
 * The hash of a body that is streamed; S3 takes one that is not signed, over TLS (Amazon S3 API Reference, "Authenticating
 * Requests: Using the Authorization Header").
 *
 * @throws Failure when it can be read only once and would go in clear
 */
async function streamedHash(hop: Hop, body: StreamBody, signal: AbortSignal): Promise<string | undefined> {
  if (getHeader(hop.headers, 'x-amz-content-sha256')) return undefined;
  if (!body.repeatable && hop.url.protocol === 'https:') return unsignedPayload;
  const hash = createHash('sha256');
  await readThrough(body, (chunk) => hash.update(chunk), signal);
  return hash.digest('hex');
}

/** `20150830T123600Z` */
function amzDate(time: number): string {
  return new Date(time).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

/** The server's time, when it refused a request and its clock is not the one by which the request was signed. */
function skewedTime(answer: HopAnswer, hop: Hop): number | undefined {
  if (!refusals.has(answer.statusCode)) return undefined;
  const server = Date.parse(getHeader(answer.headers, 'date') ?? '');
  const sent = getHeader(hop.headers, 'x-amz-date') ?? '';
  const ours = Date.parse(sent.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'));
  return Math.abs(server - ours) > mostSkew ? server : undefined;
}

/** S3 answers `ExpiredToken`, the others `ExpiredTokenException`; the code stands in the body or in a header. */
function saysExpired(answer: HopAnswer): boolean {
  if (!refusals.has(answer.statusCode)) return false;
  const type = getHeader(answer.headers, 'x-amzn-errortype') ?? '';
  return `${type} ${answer.body.toString('utf8', 0, 4096)}`.includes('ExpiredToken');
}
