import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startServer, type Received, type TestServer } from '../../support/server';

export interface DigestServerOptions {
  username?: string;
  password?: string;
  realm?: string;
  /** The algorithms it offers, in its order. */
  algorithms?: readonly string[];
  /** One header for all challenges, or one each. */
  oneHeader?: boolean;
  /** undefined: a server from before RFC 2617. */
  qop?: string | undefined;
  opaque?: string;
  userhash?: boolean;
  utf8?: boolean;
  /** How often a nonce may be used. */
  uses?: number;
  /** Whether it says `stale=true` of a nonce that was used up. */
  saysStale?: boolean;
  /** Names the next nonce with each answer. */
  nextNonce?: boolean;
  /** Told before an unauthorised request is answered, so that a test can hold several back. */
  beforeChallenge?: () => Promise<void>;
}

export interface DigestServer extends TestServer {
  /** `nonce nc` of every request that was let in, in order. */
  accepted: string[];
  /** What was wrong with the requests that carried credentials. */
  refused: string[];
}

/**
 * A server after RFC 7616, written apart from the client: it takes the Authorization header to pieces with its own
 * reader, computes the response anew from what arrived, and lets no nonce count pass twice.
 */
export async function startDigestServer(options: DigestServerOptions = {}): Promise<DigestServer> {
  const settings = {
    username: 'Mufasa',
    password: 'Circle of Life',
    realm: 'the realm',
    algorithms: ['MD5'],
    qop: 'auth',
    uses: Infinity,
    saysStale: true,
    ...options,
  };
  const { username, password, realm } = settings;
  const accepted: string[] = [];
  const refused: string[] = [];
  const nonces = new Map<string, { seen: Set<string>; uses: number }>();
  const issue = (): string => {
    const nonce = randomBytes(12).toString('base64');
    nonces.set(nonce, { seen: new Set(), uses: 0 });
    return nonce;
  };

  const challenge = (response: ServerResponse, stale: boolean): void => {
    const nonce = issue();
    const challenges = settings.algorithms.map((algorithm) =>
      [
        `Digest realm="${realm.replace(/["\\]/g, '\\$&')}"`,
        `nonce="${nonce}"`,
        algorithm && `algorithm=${algorithm}`,
        settings.qop && `qop="${settings.qop}"`,
        settings.opaque && `opaque="${settings.opaque}"`,
        settings.userhash && 'userhash=true',
        settings.utf8 && 'charset=UTF-8',
        stale && 'stale=true',
      ]
        .filter(Boolean)
        .join(', '),
    );
    response.setHeader('WWW-Authenticate', settings.oneHeader ? challenges.join(', ') : challenges);
    response.statusCode = 401;
    response.end('who are you?');
  };

  /** What is wrong with the credentials, '' when they are right. */
  const judge = (request: Received): { problem: string; stale?: boolean } => {
    const fields = takeApart(request.headers.authorization!);
    const algorithm = fields.algorithm ?? 'MD5';
    if (!settings.algorithms.includes(fields.algorithm ?? '') && fields.algorithm !== undefined) {
      return { problem: `algorithm ${algorithm} was not offered` };
    }
    const known = nonces.get(fields.nonce!);
    if (!known) return { problem: 'unknown nonce' };
    if (fields.realm !== realm) return { problem: `realm ${fields.realm}` };
    if (fields.opaque !== settings.opaque) return { problem: `opaque ${fields.opaque}` };
    if (fields.uri !== request.url) return { problem: `uri ${fields.uri} is not ${request.url}` };
    const hash = hasher(algorithm);
    const sent = userOf(fields);
    const wanted = fields.userhash === 'true' ? hash(`${username}:${realm}`) : username;
    if (sent !== wanted) return { problem: `user ${sent}` };
    let a1 = hash(`${username}:${realm}:${password}`);
    if (/-sess$/i.test(algorithm)) a1 = hash(`${a1}:${fields.nonce}:${fields.cnonce}`);
    const a2 = hash(
      `${request.method}:${request.url}` + (fields.qop === 'auth-int' ? `:${hash(request.body)}` : ''),
    );
    if (settings.qop && !settings.qop.split(/, */).includes(fields.qop ?? '')) {
      return { problem: `qop ${fields.qop}` };
    }
    const middle = fields.qop ? `:${fields.nc}:${fields.cnonce}:${fields.qop}` : '';
    if (fields.response !== hash(`${a1}:${fields.nonce}${middle}:${a2}`)) return { problem: 'response' };
    if (fields.qop) {
      if (!/^[0-9a-f]{8}$/.test(fields.nc!) || known.seen.has(fields.nc!))
        return { problem: `nc ${fields.nc}` };
      known.seen.add(fields.nc!);
    }
    if (++known.uses > settings.uses) return { problem: 'nonce used up', stale: settings.saysStale };
    accepted.push(`${fields.nonce} ${fields.nc}`);
    return { problem: '' };
  };

  const server = await startServer(async (request, response) => {
    if (!request.headers.authorization) {
      await settings.beforeChallenge?.();
      return challenge(response, false);
    }
    const { problem, stale } = judge(request);
    if (problem) {
      refused.push(problem);
      return challenge(response, stale ?? false);
    }
    if (settings.nextNonce) response.setHeader('Authentication-Info', `qop=auth, nextnonce="${issue()}"`);
    response.end(request.body.length > 0 ? request.body : 'welcome');
  });
  return Object.assign(server, { accepted, refused });
}

function hasher(algorithm: string): (data: string | Buffer) => string {
  const name = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256', 'SHA-512': 'sha512' }[
    algorithm.replace(/-sess$/i, '')
  ]!;
  return (data) => createHash(name).update(data).digest('hex');
}

function userOf(fields: Record<string, string | undefined>): string {
  const extended = fields['username*'];
  if (extended !== undefined) return decodeURIComponent(extended.replace(/^UTF-8''/, ''));
  return Buffer.from(fields.username!, 'latin1').toString('utf8');
}

/** `Digest a="b", c=d`, with `\` before any character inside the quotes. */
function takeApart(header: string): Record<string, string | undefined> {
  const fields: Record<string, string | undefined> = {};
  for (const [, name, quoted, bare] of header
    .slice('Digest '.length)
    .matchAll(/([\w*]+)=(?:"((?:\\.|[^"\\])*)"|([^,\s]*))/g)) {
    fields[name!] = quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1');
  }
  return fields;
}
