/** What the guided set-up puts into the dialog's fields for a verification that a delivery suggests. */
import type { SuggestedSettings } from '../../src/webhook/suggest-verification';
import type { SignatureScheme } from '../../src/webhook/verification/scheme';
import type {
  JwtFields,
  MessageSignatureFields,
  SignatureFields,
  VerificationConfig,
} from './verification-config';

/** Groups hold only what is known: the other fields keep what they have. */
export interface SuggestedFields extends Partial<
  Pick<VerificationConfig, 'preset' | 'secretHeader' | 'queryParameter' | 'bodyTokenPath' | 'user'>
> {
  verification: VerificationConfig['verification'];
  signature?: Partial<SignatureFields>;
  jwt?: Partial<JwtFields>;
  messageSignature?: Partial<MessageSignatureFields>;
}

type Makers = {
  [Kind in SuggestedSettings['kind']]: (
    settings: Extract<SuggestedSettings, { kind: Kind }>,
  ) => Omit<SuggestedFields, 'verification'>;
};

const makers: Makers = {
  none: () => ({}),
  preset: ({ preset }) => ({ preset }),
  signature: ({ scheme }) => ({ signature: signatureFields(scheme) }),
  'secret-header': ({ header }) => ({ secretHeader: header }),
  'query-token': ({ parameter }) => ({ queryParameter: parameter }),
  'body-token': ({ path }) => ({ bodyTokenPath: path }),
  basic: ({ user }) => ({ user }),
  jwt: ({ header, algorithm, issuer }) => ({
    jwt: {
      header,
      algorithms: algorithm,
      // whoever sent the delivery named the issuer: where its keys are is for a person to say
      keysFrom: algorithm.startsWith('HS') ? 'secrets' : 'jwks',
      issuers: issuer,
    },
  }),
  'message-signature': ({ algorithm, keyId, required, tag }) => ({
    messageSignature: { ...(algorithm ? { algorithm } : {}), keyId, tag, required: required.join(' ') },
  }),
};

export function suggestedFields(settings: SuggestedSettings): SuggestedFields {
  const make = makers[settings.kind] as (
    settings: SuggestedSettings,
  ) => Omit<SuggestedFields, 'verification'>;
  return { verification: settings.kind, ...make(settings) };
}

export function signatureFields(scheme: SignatureScheme): SignatureFields {
  const { text, algorithm, encoding, secretFormat, header, separator, prefix, idHeader, timestamp, url } =
    scheme;
  return {
    text,
    algorithm,
    encoding,
    secretFormat,
    header,
    separator,
    prefix,
    idHeader,
    timestampFrom: timestamp?.from ?? 'none',
    timestampName: timestamp?.name ?? '',
    timestampUnit: timestamp?.unit ?? 'seconds',
    timestampTolerance: timestamp?.tolerance ?? 300,
    url: url[0] ?? 'as-is',
  };
}
