/** What the secrets of a verification are, and whether they must be there. */
import { asText } from '../../editor/checks';
import type { JwtFields, MessageSignatureFields, SignatureFields } from '../verification-config';
import { handshakeNeeds, presetOf } from './handshake-choice';
import type { ValueOf } from './shape';

export type SecretKind = 'secret' | 'token' | 'password' | 'public-key' | 'topic';

const isPublic = (algorithm: string): boolean => algorithm !== '' && !algorithm.startsWith('hmac-');

const kinds: Record<string, (value: ValueOf) => SecretKind | undefined> = {
  none: () => undefined,
  preset: (value) => {
    const verification = presetOf(value)?.verification;
    if (verification?.kind === 'aws-sns') return 'topic';
    if (verification?.kind !== 'signature') return 'secret';
    return isPublic(verification.scheme.algorithm) ? 'public-key' : 'secret';
  },
  'secret-header': () => 'secret',
  'query-token': () => 'token',
  'body-token': () => 'token',
  basic: () => 'password',
  signature: (value) =>
    isPublic(asText((value('signature') as Partial<SignatureFields> | undefined)?.algorithm))
      ? 'public-key'
      : 'secret',
  jwt: (value) => {
    const from = (value('jwt') as Partial<JwtFields> | undefined)?.keysFrom;
    return from === 'jwks' ? undefined : from === 'public-keys' ? 'public-key' : 'secret';
  },
  'message-signature': (value) =>
    isPublic(asText((value('messageSignature') as Partial<MessageSignatureFields> | undefined)?.algorithm))
      ? 'public-key'
      : 'secret',
  'aws-sns': () => 'topic',
};

/** Undefined when no secret is looked at. */
export function secretUse(value: ValueOf): { kind: SecretKind; needed: boolean } | undefined {
  const { secret, learns } = handshakeNeeds(value);
  const kind = kinds[asText(value('verification'))]?.(value) ?? (secret ? 'secret' : undefined);
  return kind && { kind, needed: !learns };
}
