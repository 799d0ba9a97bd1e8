import type { SecretFormat, SignatureEncoding } from '../../connection/auth/signed-text';
import type { SignatureAlgorithm } from './algorithms';
import type { UrlForm } from './public-url';
import type { TimestampUnit } from './timestamp';

/** How a sender signs. A provider is a value of this type, so a new one is a row in `presets.ts`. */
export interface SignatureScheme {
  /**
   * What is signed, over `{id} {timestamp} {method} {url} {host} {path} {query} {body} {form} {header:NAME}`. `{path}` has the
   * query with it; `{form}` is the fields of a form body sorted by name, each name and value, as Twilio signs them, and
   * empty for every other body. `\n` is a line break.
   */
  text: string;
  algorithm: SignatureAlgorithm;
  encoding: SignatureEncoding;
  /** How the secret or the public key is written. A public key in PEM is known as such. */
  secretFormat: SecretFormat;
  /** The header with the signature or the signatures. */
  header: string;
  /** Between the entries of that header; '' when it is one signature. */
  separator: '' | ',' | ';' | ' ';
  /** In front of a signature: `sha256=`, `v1=`, `v1,`. Entries with another are not looked at. */
  prefix: string;
  /** The header with the id, for `{id}`; '' for none. */
  idHeader: string;
  timestamp?: TimestampSource;
  /** How the sender writes the URL that it signs: each is tried. */
  url: readonly UrlForm[];
  /**
   * The query parameter with the SHA-256 of the body in hex, for a sender that signs only the URL; '' for none. Where it is
   * set, a body that is neither in it nor in `{form}` is refused.
   */
  bodyDigest: string;
}

export interface TimestampSource {
  /** A header; an entry of the signature header, by what is in front of it (`t=`); or a path into the JSON body. */
  from: 'header' | 'entry' | 'body';
  name: string;
  unit: TimestampUnit;
  /** Seconds that it may differ from now, before and after; 0 leaves it unchecked. */
  tolerance: number;
}

/** What most senders do: the HMAC-SHA256 of the body in hex, in a header. */
export function signatureScheme(
  own: Partial<SignatureScheme> & Pick<SignatureScheme, 'header'>,
): SignatureScheme {
  return {
    text: '{body}',
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    secretFormat: 'text',
    separator: '',
    prefix: '',
    idHeader: '',
    url: ['as-is'],
    bodyDigest: '',
    ...own,
  };
}
