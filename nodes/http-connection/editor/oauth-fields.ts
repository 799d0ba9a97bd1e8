import type { GroupDescription } from '../../editor/field-group';
import { authDefaults, type OAuthFields } from '../auth-config';
import type { AuthScheme } from '../config';
import { t, urlProblem } from './checks';

/** Where the endpoints come from: in the dialog a choice, in the configuration what is filled in. */
export interface OAuthView extends OAuthFields {
  endpoints: 'issuer' | 'manual' | 'azure';
}

export const keyAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

function missing(value: string, problem: string): string | undefined {
  return value === '' ? problem : urlProblem(value);
}

const withKey = ({ clientAuthentication }: OAuthView) => clientAuthentication === 'private-key';

/** OAuth 2, both grants. */
export const oauthGroup: GroupDescription<OAuthFields, OAuthView, AuthScheme> = {
  property: 'oauth',
  defaults: authDefaults.oauth,
  view: (saved) => ({
    ...saved,
    endpoints: saved.azureTenant
      ? 'azure'
      : saved.authorizationEndpoint || saved.tokenEndpoint
        ? 'manual'
        : 'issuer',
  }),
  saved: ({ endpoints, ...fields }) => {
    const none = { authorizationEndpoint: '', tokenEndpoint: '' };
    if (endpoints === 'azure') return { ...fields, ...none, issuer: '' };
    return { ...fields, ...(endpoints === 'issuer' && none), azureTenant: '' };
  },
  places: {
    'oauth-server': [
      {
        name: 'endpoints',
        icon: 'university',
        label: 'label.endpoints',
        options: ['issuer', 'manual', 'azure'],
        text: (option) => t(`endpoints.${option}`),
      },
      {
        name: 'azureTenant',
        icon: 'building-o',
        label: 'label.azureTenant',
        hint: 'hint.azureTenant',
        missing: 'error.azureTenantMissing',
        placeholder: 'contoso.onmicrosoft.com',
        shown: ({ endpoints }) => endpoints === 'azure',
        problem: (value) => (/^[a-z0-9.-]+$/i.test(value) ? undefined : t('error.azureTenant')),
      },
      {
        name: 'azureCloud',
        icon: 'cloud',
        label: 'label.azureCloud',
        options: ['public', 'government', 'china'],
        text: (option) => t(`azureCloud.${option}`),
        shown: ({ endpoints }) => endpoints === 'azure',
      },
      {
        name: 'authorizationEndpoint',
        icon: 'sign-in',
        label: 'label.authorizationEndpoint',
        placeholder: 'https://login.example.com/authorize',
        shown: ({ endpoints }, scheme) => endpoints === 'manual' && scheme === 'oauth-code',
        // what is left out is discovered from the issuer
        problem: (value, { issuer }) =>
          issuer ? urlProblem(value) : missing(value, t('error.authorizationEndpointMissing')),
      },
      {
        name: 'tokenEndpoint',
        icon: 'ticket',
        label: 'label.tokenEndpoint',
        placeholder: 'https://login.example.com/token',
        shown: ({ endpoints }) => endpoints === 'manual',
        problem: (value, { issuer }) =>
          issuer ? urlProblem(value) : missing(value, t('error.tokenEndpointMissing')),
      },
      {
        name: 'issuer',
        icon: 'certificate',
        label: 'label.issuer',
        hint: 'hint.issuer',
        placeholder: 'https://login.example.com',
        shown: ({ endpoints }) => endpoints !== 'azure',
        problem: (value, { endpoints }) =>
          endpoints === 'issuer' ? missing(value, t('error.issuerMissing')) : urlProblem(value),
      },
    ],
    'oauth-client': [
      { heading: 'heading.client' },
      { name: 'clientId', icon: 'id-card-o', label: 'label.clientId', missing: 'error.clientIdMissing' },
      {
        name: 'clientAuthentication',
        icon: 'handshake-o',
        label: 'label.clientAuthentication',
        options: ['basic', 'basic-raw', 'post', 'private-key', 'certificate', 'none'],
        text: (option) => t(`clientAuthentication.${option}`),
      },
    ],
    'oauth-rest': [
      {
        name: 'keyAlgorithm',
        icon: 'cogs',
        label: 'label.algorithm',
        options: keyAlgorithms,
        shown: withKey,
      },
      { name: 'keyId', icon: 'tag', label: 'label.keyId', hint: 'hint.keyId', shown: withKey },
      {
        name: 'thumbprint',
        icon: 'hand-pointer-o',
        label: 'label.thumbprint',
        hint: 'hint.thumbprint',
        shown: withKey,
      },
      { heading: 'heading.request' },
      {
        name: 'scope',
        icon: 'list-ul',
        label: 'label.scope',
        hint: 'hint.scope',
        placeholder: 'openid offline_access',
      },
      {
        name: 'authorizationParameters',
        icon: 'sign-in',
        label: 'label.authorizationParameters',
        table: 'parameter',
        empty: 'empty.authorizationParameters',
        shown: (_values, scheme) => scheme === 'oauth-code',
      },
      {
        name: 'parameters',
        icon: 'ticket',
        label: 'label.parameters',
        table: 'parameter',
        empty: 'empty.parameters',
      },
    ],
  },
};
