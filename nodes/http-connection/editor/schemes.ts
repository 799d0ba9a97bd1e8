/** What each scheme has in the dialog: its groups of fields and its credentials. */
import type { GroupDescription } from '../../editor/field-group';
import { completeAuth, type AuthConfig } from '../auth-config';
import { authSchemes, type AuthScheme, type HttpConnectionCredentials } from '../config';
import { oauthGroup } from './oauth-fields';
import { awsGroup, signingGroup } from './signature-fields';
import { jwtGroup, loginGroup, tokenGroup } from './token-fields';

/** Every group is of its own type; who goes over all of them sees plain objects. */
export type AnyGroup = GroupDescription<object, object, AuthScheme>;

export const groups = {
  oauth: oauthGroup,
  jwt: jwtGroup,
  login: loginGroup,
  tokenUse: tokenGroup,
  aws: awsGroup,
  signing: signingGroup,
} as unknown as Record<keyof AuthConfig, AnyGroup>;

const groupsByScheme: Partial<Record<AuthScheme, readonly (keyof AuthConfig)[]>> = {
  'oauth-code': ['oauth', 'tokenUse'],
  'oauth-client': ['oauth', 'tokenUse'],
  jwt: ['jwt', 'tokenUse'],
  login: ['login', 'tokenUse'],
  aws: ['aws'],
  'aws-role': ['aws'],
  signing: ['signing'],
};

export function groupsOf(scheme: AuthScheme): readonly (keyof AuthConfig)[] {
  return groupsByScheme[scheme] ?? [];
}

/** Whether the scheme is one that this release has; one from elsewhere is carried along. */
export function isKnown(scheme: AuthScheme): boolean {
  return authSchemes.includes(scheme);
}

export function usesTable(scheme: AuthScheme): boolean {
  return scheme === 'headers' || scheme === 'query' || scheme === 'custom';
}

/** A credential with a field of its own. */
export const credentialNames = [
  'username',
  'password',
  'token',
  'clientSecret',
  'privateKey',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
  'signingSecret',
] as const satisfies (keyof HttpConnectionCredentials)[];
export type CredentialName = (typeof credentialNames)[number];

const person: readonly CredentialName[] = ['username', 'password'];
const awsKey: readonly CredentialName[] = ['accessKeyId', 'secretAccessKey', 'sessionToken'];

/** The credentials that a scheme uses as it is set, beside the table of secrets. */
export function credentialsOf(
  scheme: AuthScheme,
  config: Partial<Record<keyof AuthConfig, object>>,
): readonly CredentialName[] {
  if (!isKnown(scheme)) return [];
  const { oauth, aws } = completeAuth(config);
  switch (scheme) {
    case 'basic':
    case 'custom':
    case 'digest':
    case 'ntlm':
    case 'login':
      return person;
    case 'bearer':
      return ['token'];
    case 'oauth-code':
    case 'oauth-client':
      if (oauth.clientAuthentication === 'private-key') return ['privateKey'];
      return ['basic', 'basic-raw', 'post'].includes(oauth.clientAuthentication) ? ['clientSecret'] : [];
    case 'jwt':
      return ['privateKey'];
    case 'aws':
      return awsKey;
    case 'aws-role':
      return aws.role === 'assume-role' ? awsKey : [];
    case 'standard-webhooks':
    case 'signing':
      return ['signingSecret'];
    case 'none':
    case 'headers':
    case 'query':
      return [];
  }
}

/** Those that a scheme cannot do without; texts for what is missing are `error.` and the name and `Missing`. */
export function isNeeded(name: CredentialName, scheme: AuthScheme): boolean {
  if (name === 'sessionToken' || scheme === 'custom' || scheme === 'login') return false;
  // a role is assumed with a key, or with what the machine has
  if (scheme === 'aws-role') return false;
  return name !== 'password';
}
