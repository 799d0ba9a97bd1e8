import { Failure } from '../../exchange/failure';
import { AllOf } from './all-of';
import { AwsSns } from './aws-sns';
import { Basic } from './basic';
import { BodyToken } from './body-token';
import type { FetchText } from './fetch-text';
import { IpAllowList } from './ip-allow-list';
import { Jwt, type JwtScheme } from './jwt';
import { MessageSignature, type MessageSignatureScheme } from './message-signature';
import { presets, type PresetId } from './presets';
import { QueryToken } from './query-token';
import type { SignatureScheme } from './scheme';
import { SecretHeader } from './secret-header';
import { SignatureVerifier } from './signature';
import { acceptAll, type Verifier } from './verifier';

/** Each way to verify, and what it needs beside the secrets. */
export type VerificationSettings =
  | { kind: 'none' }
  | { kind: 'secret-header'; header: string }
  | { kind: 'query-token'; parameter: string }
  | { kind: 'body-token'; path: string }
  | { kind: 'basic'; user: string }
  | { kind: 'signature'; scheme: SignatureScheme }
  | { kind: 'jwt'; scheme: JwtScheme }
  | { kind: 'message-signature'; scheme: MessageSignatureScheme }
  | { kind: 'aws-sns' }
  | { kind: 'preset'; preset: PresetId };

/** What verifiers are given. */
export interface VerifierOptions {
  /** All that are active: secrets, passwords, public keys, ARNs of topics. */
  secrets: readonly string[];
  /** See `publicUrl`. */
  publicUrl: string;
  /** For key sets and certificates. */
  fetchText: FetchText;
  /** Milliseconds since the epoch. */
  now: () => number;
}

type Makers = {
  [Kind in VerificationSettings['kind']]: (
    settings: Extract<VerificationSettings, { kind: Kind }>,
    options: VerifierOptions,
  ) => Verifier;
};

const makers: Makers = {
  none: () => acceptAll,
  'secret-header': ({ header }, { secrets }) => new SecretHeader(header, secrets),
  'query-token': ({ parameter }, { secrets }) => new QueryToken(parameter, secrets),
  'body-token': ({ path }, { secrets }) => new BodyToken(path, secrets),
  basic: ({ user }, { secrets }) => new Basic({ user, passwords: secrets }),
  signature: ({ scheme }, options) => new SignatureVerifier(scheme, options),
  jwt: ({ scheme }, options) => new Jwt(scheme, options),
  'message-signature': ({ scheme }, options) => new MessageSignature(scheme, options),
  'aws-sns': (_, { secrets, fetchText, now }) => new AwsSns({ topics: secrets, fetchText, now }),
  preset: ({ preset }, options) => {
    if (!Object.hasOwn(presets, preset)) throw new Failure('CONFIG', `the preset "${preset}" is not known`);
    return makeVerifier(presets[preset].verification, options);
  },
};

/**
 * The verifier for a setting.
 *
 * @throws Failure CONFIG for a kind or a preset that is not known: that is never no verification. All else that is wrong
 *   is the verifier's `problem`, with which it refuses every delivery.
 */
export function makeVerifier(settings: VerificationSettings, options: VerifierOptions): Verifier {
  const { kind } = settings;
  if (!Object.hasOwn(makers, kind)) throw new Failure('CONFIG', `the verification "${kind}" is not known`);
  const make = makers[kind] as (settings: VerificationSettings, options: VerifierOptions) => Verifier;
  return make(settings, options);
}

/** A verifier that takes deliveries from some addresses only; the address is looked at first. */
export function onlyFrom(
  ranges: readonly string[],
  trustedProxies: readonly string[],
  verifier: Verifier,
): Verifier {
  return new AllOf(new IpAllowList(ranges, trustedProxies), verifier);
}
