import type { HmacAlgorithm, SecretFormat, SignatureEncoding } from '../../src/connection/auth/signed-text';
import type { HandshakeId } from '../../src/webhook/handshakes/presets';
import type { SignatureAlgorithm } from '../../src/webhook/verification/algorithms';
import type { MessageAlgorithm } from '../../src/webhook/verification/message-signature';
import type { PresetId } from '../../src/webhook/verification/presets';
import type { UrlForm } from '../../src/webhook/verification/public-url';
import type { TimestampUnit } from '../../src/webhook/verification/timestamp';

/**
 * How a sender proves itself, as the dialog saves it. The fields of a way that is not chosen are kept and not looked at.
 * Lists are texts with entries between commas, blanks or line breaks, so that each takes `${ENV}`.
 */
export interface VerificationConfig {
  verification:
    | 'none'
    | 'preset'
    | 'secret-header'
    | 'query-token'
    | 'body-token'
    | 'basic'
    | 'signature'
    | 'jwt'
    | 'message-signature'
    | 'aws-sns';
  /** The provider, when `verification` is `preset`. It brings its handshakes and the event's id too. */
  preset: PresetId | '';
  /** `secret-header`: the header that carries the secret. */
  secretHeader: string;
  /** `query-token`: the parameter of the URL. */
  queryParameter: string;
  /** `body-token`: the path into the JSON body, such as `value.*.clientState`. */
  bodyTokenPath: string;
  /** `basic`: the user; the password is the secret. */
  user: string;
  /** `signature`. */
  signature: SignatureFields;
  /** `jwt`. */
  jwt: JwtFields;
  /** `message-signature` (RFC 9421). */
  messageSignature: MessageSignatureFields;
  /** What the sender was told to call, for schemes that sign the URL: `https://example.com` or a whole URL; '' as received. */
  publicUrl: string;
  /** Addresses and CIDR ranges that may deliver; '' for all. */
  allowedIps: string;
  /** Proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: string;
  /** What is answered by itself before any event comes; '' for what the service brings (its preset, or `aws-sns`), `none` for nothing at all. */
  handshake: HandshakeChoice;
  /** What the generic handshakes need. */
  handshakeFields: HandshakeFields;
}

export type HandshakeChoice =
  '' | 'none' | HandshakeId | 'echo-query' | 'echo-json' | 'hmac-query' | 'learn-header' | 'confirm-get';

/** See `SignatureScheme`, field by field. */
export interface SignatureFields {
  /** Over `{id} {timestamp} {method} {url} {host} {path} {query} {body} {form} {header:NAME}`. */
  text: string;
  algorithm: SignatureAlgorithm;
  encoding: SignatureEncoding;
  secretFormat: SecretFormat;
  header: string;
  separator: '' | ',' | ';' | ' ';
  prefix: string;
  idHeader: string;
  timestampFrom: 'none' | 'header' | 'entry' | 'body';
  timestampName: string;
  timestampUnit: TimestampUnit;
  /** Seconds; 0 leaves it unchecked. */
  timestampTolerance: number | string;
  url: UrlForm;
}

export interface JwtFields {
  header: string;
  /** Such as `HS256`, or `RS256 ES256`. */
  algorithms: string;
  /** The secret is an HMAC's, or a public key; or the keys are those of `jwksUrl`. */
  keysFrom: 'secrets' | 'public-keys' | 'jwks';
  secretFormat: SecretFormat;
  jwksUrl: string;
  issuers: string;
  audiences: string;
  /** Seconds. */
  tolerance: number | string;
  /** Claims that must be there. */
  required: string;
}

/** The keys are the secrets, all for one algorithm. */
export interface MessageSignatureFields {
  algorithm: MessageAlgorithm;
  keyId: string;
  secretFormat: SecretFormat;
  /** Components that must be covered. */
  required: string;
  /** Seconds; 0 leaves `created` unchecked. */
  tolerance: number | string;
  tag: string;
}

export interface HandshakeFields {
  /** The query parameter, the path into the JSON body, or the header. */
  name: string;
  /** Of the JSON answer; '' for the last step of the path. */
  answerField: string;
  /** `hmac-query`. */
  algorithm: HmacAlgorithm;
  encoding: SignatureEncoding;
  prefix: string;
  /** `echo-query`: a parameter that must be the credential `verifyToken`; '' for none. */
  tokenParameter: string;
  /** `confirm-get`: the hosts that may be called. */
  hosts: string;
  /** `websub`: the topic that was subscribed to. */
  topic: string;
}

/** Secrets, passwords, public keys, ARNs of topics: all that are set are active. */
export interface VerificationCredentials {
  secret?: string;
  secret2?: string;
  secret3?: string;
  /** What Meta's and generic handshakes bring to show that they are meant for us. */
  verifyToken?: string;
}

export const secretSlots = ['secret', 'secret2', 'secret3'] as const;

export const verificationDefaults: VerificationConfig = {
  verification: 'none',
  preset: '',
  secretHeader: 'X-Webhook-Secret',
  queryParameter: 'token',
  bodyTokenPath: '',
  user: '',
  signature: {
    text: '{body}',
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    secretFormat: 'text',
    header: 'X-Signature',
    separator: '',
    prefix: '',
    idHeader: '',
    timestampFrom: 'none',
    timestampName: '',
    timestampUnit: 'seconds',
    timestampTolerance: 300,
    url: 'as-is',
  },
  jwt: {
    header: 'Authorization',
    algorithms: 'HS256',
    keysFrom: 'secrets',
    secretFormat: 'text',
    jwksUrl: '',
    issuers: '',
    audiences: '',
    tolerance: 60,
    required: 'exp',
  },
  messageSignature: {
    algorithm: 'hmac-sha256',
    keyId: '',
    secretFormat: 'text',
    required: '@method @target-uri content-digest',
    tolerance: 300,
    tag: '',
  },
  publicUrl: '',
  allowedIps: '',
  trustedProxies: '',
  handshake: '',
  handshakeFields: {
    name: '',
    answerField: '',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: '',
    tokenParameter: '',
    hosts: '',
    topic: '',
  },
};
