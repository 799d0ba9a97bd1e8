/** How a client of OAuth 2 proves to the authorization server who it is. */
import { createPrivateKey } from 'node:crypto';
import type { ClientAuth, ServerMetadata } from 'openid-client';
import { Failure } from '../../exchange/failure';

export type ClientAuthentication =
  /** RFC 6749 section 2.3.1; `encoded` says whether as the RFC has it (form-encoded) or raw: servers differ. */
  | { method: 'basic'; secret: string; encoded: boolean }
  /** The same section, in the body. */
  | { method: 'post'; secret: string }
  /** RFC 7523 section 2.2. The audience is the issuer, or the token URL when that is not known, unless it is given. */
  | {
      method: 'private-key';
      /** PEM. */
      key: string;
      /** JWS algorithm, for example RS256. */
      algorithm: string;
      keyId?: string;
      /** `x5t`, which Azure asks for: SHA-1 of the certificate, base64url. */
      thumbprint?: string;
      audience?: string;
    }
  /** RFC 8705 section 2: the client certificate is in the TLS settings of the connection. */
  | { method: 'certificate' }
  /** A public client: its ID and nothing else. */
  | { method: 'none' };

/** @throws Failure CONFIG when something is missing */
export function checkClientAuthentication(authentication: ClientAuthentication): void {
  if ('secret' in authentication && !authentication.secret) {
    throw new Failure('CONFIG', 'the client secret is empty');
  }
  if ('key' in authentication && !authentication.key) throw new Failure('CONFIG', 'the private key is empty');
}

/** What openid-client calls for each token request. @throws Failure CONFIG when a key cannot be read */
export async function clientAuth(
  library: typeof import('openid-client'),
  authentication: ClientAuthentication,
  { issuer }: ServerMetadata,
): Promise<ClientAuth> {
  switch (authentication.method) {
    case 'basic':
      return (_server, client, _body, headers) => {
        const credentials = basicCredentials(client.client_id, authentication);
        headers.set('authorization', `Basic ${credentials}`);
      };
    case 'post':
      return library.ClientSecretPost(authentication.secret);
    case 'private-key': {
      const { key, algorithm, keyId, thumbprint, audience } = authentication;
      return library.PrivateKeyJwt(
        { key: await importKey(key, algorithm), kid: keyId || undefined },
        {
          [library.modifyAssertion]: (header, payload) => {
            // for Ed25519 openid-client says `Ed25519` (RFC 9864), and most servers know `EdDSA` only
            header.alg = algorithm;
            if (thumbprint) header.x5t = thumbprint;
            payload.aud = audience || issuer;
          },
        },
      );
    }
    case 'certificate':
      return library.TlsClientAuth();
    case 'none':
      return library.None();
  }
}

/** Every value that must not be shown. */
export function clientSecrets(clientId: string, authentication: ClientAuthentication): string[] {
  if (authentication.method === 'private-key') return [authentication.key];
  if (authentication.method === 'post') return [authentication.secret];
  if (authentication.method === 'basic') {
    return [authentication.secret, basicCredentials(clientId, authentication)];
  }
  return [];
}

/**
 * A private key in PEM, PKCS #8 or the older forms, also with `\n` written out as service account files have it.
 *
 * @throws Failure CONFIG
 */
export async function importKey(pem: string, algorithm: string): Promise<CryptoKey> {
  const { importPKCS8 } = await import('jose');
  try {
    const key = createPrivateKey(pem.replace(/\\n/g, '\n').trim());
    return await importPKCS8(key.export({ type: 'pkcs8', format: 'pem' }) as string, algorithm);
  } catch {
    throw new Failure(
      'CONFIG',
      `the private key cannot be read for ${algorithm}: it must be in PEM, without a passphrase, and of the algorithm's kind`,
    );
  }
}

/**
 * RFC 6749 section 2.3.1 with appendix B; raw it is what RFC 7617 says. Only what must be is encoded: a server that does
 * not decode then still understands most secrets.
 */
function basicCredentials(
  id: string,
  { secret, encoded }: Extract<ClientAuthentication, { method: 'basic' }>,
): string {
  const form = (text: string) => (encoded ? new URLSearchParams([['', text]]).toString().slice(1) : text);
  return Buffer.from(`${form(id)}:${form(secret)}`, 'utf8').toString('base64');
}
