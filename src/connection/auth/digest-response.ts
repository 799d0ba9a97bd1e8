import { createHash } from 'node:crypto';
import { readThrough, type StreamBody } from '../body';
import { quote, type Challenge } from './challenge';

/** Hashes by their names in a challenge, the strongest first. `SHA-512` is not registered, but servers have it. */
const hashes = { 'SHA-512': 'sha512', 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const;
type Algorithm = keyof typeof hashes;
const strongestFirst = Object.keys(hashes) as Algorithm[];

/** A Digest challenge that can be answered (RFC 7616 section 3.3). */
export interface DigestChallenge {
  realm: string;
  nonce: string;
  opaque?: string;
  /** As the server wrote it, `-sess` included; undefined when it wrote none, which means MD5. */
  algorithmName?: string;
  algorithm: Algorithm;
  session: boolean;
  /** `auth` where the server leaves the choice; undefined for a server from before RFC 2617. */
  qop?: 'auth' | 'auth-int';
  stale: boolean;
  userhash: boolean;
  utf8: boolean;
}

/** The strongest challenge that can be answered; of two alike, the one the server named first. */
export function chooseDigest(challenges: readonly Challenge[]): DigestChallenge | undefined {
  return challenges
    .map(readDigest)
    .filter((challenge) => challenge !== undefined)
    .sort((a, b) => strongestFirst.indexOf(a.algorithm) - strongestFirst.indexOf(b.algorithm))[0];
}

/** Undefined for another scheme and for an algorithm or a quality of protection that is not known here. */
function readDigest({ scheme, params }: Challenge): DigestChallenge | undefined {
  const realm = params.get('realm');
  const nonce = params.get('nonce');
  if (scheme !== 'digest' || realm === undefined || nonce === undefined) return undefined;
  const [, name, sess] = /^(.*?)(-sess)?$/i.exec(params.get('algorithm') ?? 'MD5')!;
  const algorithm = strongestFirst.find((known) => known === name!.toUpperCase());
  const offered = params
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/);
  const qop = (['auth', 'auth-int'] as const).find((known) => offered?.includes(known));
  if (!algorithm || (offered && !qop)) return undefined;
  const flag = (param: string): boolean => params.get(param)?.toLowerCase() === 'true';
  return {
    realm,
    nonce,
    opaque: params.get('opaque'),
    algorithmName: params.get('algorithm'),
    algorithm,
    session: sess !== undefined,
    qop,
    stale: flag('stale'),
    userhash: flag('userhash'),
    utf8: params.get('charset')?.toLowerCase() === 'utf-8',
  };
}

/** Everything that one `Authorization` header is computed from. */
export interface DigestInput {
  challenge: DigestChallenge;
  username: string;
  password: string;
  method: string;
  /** The request target as it is sent, the query included. */
  uri: string;
  /** Or its hash by the algorithm of the challenge, in hexadecimal digits. */
  body: Buffer | { hash: string };
  cnonce: string;
  /** How often the nonce has been used, this time included. */
  count: number;
}

/** The value of `Authorization` (RFC 7616 section 3.4). */
export function digestAuthorization(input: DigestInput): string {
  const { challenge, uri, cnonce } = input;
  const { qop } = challenge;
  const nc = input.count.toString(16).padStart(8, '0');
  const fields = [
    ...userFields(challenge, input.username),
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri=${quote(uri)}`,
    `response="${digestResponse(input)}"`,
  ];
  if (challenge.algorithmName !== undefined) fields.push(`algorithm=${challenge.algorithmName}`);
  if (challenge.opaque !== undefined) fields.push(`opaque=${quote(challenge.opaque)}`);
  if (qop) fields.push(`qop=${qop}`, `nc=${nc}`);
  if (qop || challenge.session) fields.push(`cnonce=${quote(cnonce)}`);
  // a header carries bytes: these are the ones of its UTF-8
  return Buffer.from(`Digest ${fields.join(', ')}`, 'utf8').toString('latin1');
}

/** The hash of a body that is streamed, for `auth-int`. */
export async function hashStreamed(
  body: StreamBody,
  algorithm: Algorithm,
  signal: AbortSignal,
): Promise<{ hash: string }> {
  const hash = createHash(hashes[algorithm]);
  await readThrough(body, (chunk) => hash.update(chunk), signal);
  return { hash: hash.digest('hex') };
}

/** RFC 7616 sections 3.4.1 to 3.4.3; without a quality of protection, RFC 2069 section 2.4. */
export function digestResponse({ challenge, ...input }: DigestInput): string {
  const { nonce, qop, realm } = challenge;
  const hash = (data: string | Buffer): string =>
    createHash(hashes[challenge.algorithm]).update(data).digest('hex');
  const hashOf = (body: DigestInput['body']): string => (Buffer.isBuffer(body) ? hash(body) : body.hash);
  const user = hash(`${input.username}:${realm}:${input.password}`);
  const a1 = challenge.session ? hash(`${user}:${nonce}:${input.cnonce}`) : user;
  const covered = qop === 'auth-int' ? `:${hashOf(input.body)}` : '';
  const a2 = hash(`${input.method}:${input.uri}${covered}`);
  if (!qop) return hash(`${a1}:${nonce}:${a2}`);
  const nc = input.count.toString(16).padStart(8, '0');
  return hash(`${a1}:${nonce}:${nc}:${input.cnonce}:${qop}:${a2}`);
}

/**
 * The user name: hashed where the server understands that, encoded by RFC 8187 where it announced UTF-8, and else as the
 * bytes of its UTF-8 in a quoted string, which is what curl and browsers send (RFC 7616 sections 3.4 and 3.4.4).
 */
function userFields({ algorithm, realm, userhash, utf8 }: DigestChallenge, username: string): string[] {
  if (userhash) {
    const hashed = createHash(hashes[algorithm]).update(`${username}:${realm}`).digest('hex');
    return [`username="${hashed}"`, 'userhash=true'];
  }
  if (utf8 && /[^\x20-\x7e]/.test(username)) {
    const encoded = encodeURIComponent(username).replace(
      /['()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
    return [`username*=UTF-8''${encoded}`];
  }
  return [`username=${quote(username)}`];
}
