import {
  constants,
  createHmac,
  createPublicKey,
  createSecretKey,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import {
  signingKey,
  type HmacAlgorithm,
  type SecretFormat,
  type SignatureEncoding,
} from '../../connection/auth/signed-text';
import { Failure } from '../../exchange/failure';

/** A secret or a public key, read once. */
export type Key = KeyObject;

/** How a signature is checked. */
export interface Algorithm {
  /** As a sentence names it. */
  label: string;
  /** @throws Failure CONFIG, without the secret, when it is empty, malformed or of another kind */
  readKey(secret: string, format: SecretFormat): Key;
  /** @param given the signature as it came; whatever it is, this does not throw */
  verify(key: Key, text: Buffer, given: string, encoding: SignatureEncoding): boolean;
}

/** Every algorithm that a scheme or an HTTP Message Signature may name. A new one is one row. */
export const algorithms = {
  'hmac-sha1': hmacOf('sha1', 'HMAC-SHA1'),
  'hmac-sha256': hmacOf('sha256', 'HMAC-SHA256'),
  'hmac-sha384': hmacOf('sha384', 'HMAC-SHA384'),
  'hmac-sha512': hmacOf('sha512', 'HMAC-SHA512'),
  ed25519: publicKeyOf('Ed25519', 'ed25519', null, {}),
  'ecdsa-p256-sha256': publicKeyOf('ECDSA P-256', 'prime256v1', 'sha256', { dsaEncoding: 'ieee-p1363' }),
  'ecdsa-p256-sha256-der': publicKeyOf('ECDSA P-256 (DER)', 'prime256v1', 'sha256', { dsaEncoding: 'der' }),
  'ecdsa-p384-sha384': publicKeyOf('ECDSA P-384', 'secp384r1', 'sha384', { dsaEncoding: 'ieee-p1363' }),
  'rsa-sha1': publicKeyOf('RSA-SHA1', 'rsa', 'sha1', { padding: constants.RSA_PKCS1_PADDING }),
  'rsa-sha256': publicKeyOf('RSA-SHA256', 'rsa', 'sha256', { padding: constants.RSA_PKCS1_PADDING }),
  'rsa-sha512': publicKeyOf('RSA-SHA512', 'rsa', 'sha512', { padding: constants.RSA_PKCS1_PADDING }),
  // RFC 9421 section 3.3.1 has a salt of 64 bytes; libraries sign with others, which is as safe
  'rsa-pss-sha512': publicKeyOf('RSA-PSS-SHA512', 'rsa', 'sha512', {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_AUTO,
  }),
} satisfies Record<string, Algorithm>;

export type SignatureAlgorithm = keyof typeof algorithms;
export const signatureAlgorithms = Object.keys(algorithms) as SignatureAlgorithm[];

/** Below that an RSA key can be broken (NIST SP 800-131A). */
const shortestRsa = 2048;
/** A raw Ed25519 key as SubjectPublicKeyInfo (RFC 8410 section 4) is this and its 32 bytes. */
const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex');

/** The bytes of a signature; undefined when it is not written exactly as its encoding writes them. */
export function decodeSignature(given: string, encoding: SignatureEncoding): Buffer | undefined {
  const written = normal(given, encoding);
  const bytes = Buffer.from(written, encoding);
  return bytes.length > 0 && bytes.toString(encoding) === written ? bytes : undefined;
}

function hmacOf(hash: HmacAlgorithm, label: string): Algorithm {
  return {
    label,
    readKey: (secret, format) => createSecretKey(signingKey(secret, format)),
    verify(key, text, given, encoding) {
      // with a key object, because Node.js 24 takes ten times as long with the bytes of a key
      const digest = createHmac(hash, key).update(text).digest(encoding);
      const expected = Buffer.from(digest, 'latin1');
      const received = Buffer.from(normal(given, encoding), 'latin1');
      return expected.length === received.length && timingSafeEqual(expected, received);
    },
  };
}

function publicKeyOf(
  label: string,
  kind: 'ed25519' | 'rsa' | 'prime256v1' | 'secp384r1',
  hash: string | null,
  options: { padding?: number; saltLength?: number; dsaEncoding?: 'der' | 'ieee-p1363' },
): Algorithm {
  return {
    label,
    readKey(secret, format) {
      const key = readPublicKey(secret, format);
      const is = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType?.replace('rsa-pss', 'rsa');
      if (is !== kind) throw new Failure('CONFIG', `the public key is not one for ${label}`);
      if (kind === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < shortestRsa) {
        throw new Failure('CONFIG', `the RSA key is shorter than ${shortestRsa} bits`);
      }
      return key;
    },
    verify(key, text, given, encoding) {
      const signature = decodeSignature(given, encoding);
      if (!signature) return false;
      try {
        return verify(hash, text, { key, ...options }, signature);
      } catch {
        return false;
      }
    },
  };
}

/** PEM, or its bytes in an encoding: SubjectPublicKeyInfo, or the 32 bytes of an Ed25519 key. `whpk_` in front is left out. */
export function readPublicKey(secret: string, format: SecretFormat): KeyObject {
  const written = secret.trim();
  if (written === '') throw new Failure('CONFIG', 'the public key is empty');
  try {
    if (written.includes('-----BEGIN')) return createPublicKey(written);
    const bytes = signingKey(written.replace(/^whpk_/, ''), format === 'hex' ? 'hex' : 'base64');
    const spki = bytes.length === 32 ? Buffer.concat([ed25519Spki, bytes]) : bytes;
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch (cause) {
    if (cause instanceof Failure) throw new Failure('CONFIG', `the public key is not valid ${format}`);
    // OpenSSL's reason says where a key breaks off, never what is in it; the sentence needs none of it
    throw new Failure('CONFIG', 'the public key cannot be read');
  }
}

/** Hex has no case, and base64url may be padded or not (RFC 4648 sections 5 and 8). */
function normal(given: string, encoding: SignatureEncoding): string {
  if (encoding === 'hex') return given.toLowerCase();
  return encoding === 'base64url' ? given.replace(/={1,2}$/, '') : given;
}
