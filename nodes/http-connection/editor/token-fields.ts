/** Schemes with a token that is not from OAuth 2, and where every scheme's token goes. */
import { isToken } from '../../editor/checks';
import type { GroupDescription } from '../../editor/field-group';
import { templateProblem } from '../../editor/template-checks';
import { authDefaults, type JwtFields, type LoginFields, type TokenFields } from '../auth-config';
import type { AuthScheme } from '../config';
import { conditionProblem, headerProblem, statusesProblem, t, urlProblem } from './checks';
import { keyAlgorithms } from './oauth-fields';

const same = <V>(values: V): V => values;

export const jwtGroup: GroupDescription<JwtFields, JwtFields, AuthScheme> = {
  property: 'jwt',
  defaults: authDefaults.jwt,
  view: same,
  saved: same,
  places: {
    'jwt-claims': [
      {
        name: 'tokenEndpoint',
        icon: 'ticket',
        label: 'label.tokenEndpoint',
        placeholder: 'https://login.example.com/token',
        missing: 'error.tokenEndpointMissing',
        problem: urlProblem,
      },
      {
        name: 'issuer',
        icon: 'user',
        label: 'label.jwtIssuer',
        hint: 'hint.jwtIssuer',
        missing: 'error.jwtIssuerMissing',
        placeholder: 'robot@project.example.com',
      },
      { name: 'subject', icon: 'user-o', label: 'label.subject', hint: 'hint.subject' },
      { name: 'audience', icon: 'bullseye', label: 'label.audience', hint: 'hint.audience' },
      { name: 'scope', icon: 'list-ul', label: 'label.scope', hint: 'hint.scope' },
    ],
    'jwt-key': [
      {
        name: 'algorithm',
        icon: 'cogs',
        label: 'label.algorithm',
        options: [...keyAlgorithms, 'HS256', 'HS384', 'HS512'],
      },
      { name: 'keyId', icon: 'tag', label: 'label.keyId', hint: 'hint.keyId' },
      {
        name: 'lifetime',
        icon: 'clock-o',
        label: 'label.assertionLifetime',
        hint: 'hint.assertionLifetime',
        range: { min: 1, max: 86_400 },
      },
    ],
  },
};

export const loginGroup: GroupDescription<LoginFields, LoginFields, AuthScheme> = {
  property: 'login',
  defaults: authDefaults.login,
  view: same,
  saved: same,
  places: {
    'login-request': [
      { heading: 'heading.loginRequest' },
      {
        name: 'method',
        icon: 'tasks',
        label: 'label.method',
        missing: 'error.methodMissing',
        placeholder: 'POST',
        problem: (value) => (isToken(value) ? undefined : t('error.method', { method: value })),
      },
      {
        name: 'url',
        icon: 'globe',
        label: 'label.loginUrl',
        hint: 'hint.loginUrl',
        placeholder: 'login',
        missing: 'error.loginUrlMissing',
        problem: (value) => (value.includes('${') ? t('error.environmentInUrl') : undefined),
      },
    ],
    'login-rest': [
      {
        name: 'headers',
        icon: 'list-ul',
        label: 'label.headers',
        table: 'header',
        empty: 'empty.loginHeaders',
      },
      {
        name: 'bodyKind',
        icon: 'file-text-o',
        label: 'label.bodyKind',
        options: ['none', 'json', 'form', 'text'],
        text: (option) => t(`bodyKind.${option}`),
      },
      {
        name: 'body',
        icon: 'pencil-square-o',
        label: 'label.loginBody',
        hint: 'hint.loginBody',
        long: true,
        shown: ({ bodyKind }) => bodyKind !== 'none',
        problem: (value) => templateProblem(value, t),
      },
      { heading: 'heading.loginAnswer' },
      {
        name: 'tokenIn',
        icon: 'ticket',
        label: 'label.tokenFrom',
        options: ['body', 'header', 'cookie'],
        text: (option) => t(`tokenFrom.${option}`),
      },
      {
        name: 'tokenName',
        icon: 'tag',
        label: 'label.tokenName',
        hint: 'hint.tokenName',
        problem: (value, { tokenIn }) => {
          if (tokenIn !== 'header') return undefined;
          return value === '' ? t('error.nameMissing') : headerProblem(value);
        },
      },
      {
        name: 'lifetime',
        icon: 'clock-o',
        label: 'label.sessionLifetime',
        hint: 'hint.sessionLifetime',
        range: { min: 0, max: 31_536_000 },
      },
    ],
  },
};

/** Of every scheme with a token. */
export const tokenGroup: GroupDescription<TokenFields, TokenFields, AuthScheme> = {
  property: 'tokenUse',
  defaults: authDefaults.tokenUse,
  view: same,
  saved: same,
  places: {
    'token-use': [
      { heading: 'heading.token' },
      {
        name: 'in',
        icon: 'arrow-right',
        label: 'label.tokenIn',
        options: ['header', 'query', 'cookie'],
        text: (option) => t(`tokenIn.${option}`),
      },
      {
        name: 'name',
        icon: 'tag',
        label: 'label.tokenPlace',
        problem: (value, { in: place }) => {
          if (value === '') return place === 'cookie' ? undefined : t('error.nameMissing');
          return place === 'header' ? headerProblem(value) : undefined;
        },
      },
      {
        name: 'prefix',
        icon: 'quote-left',
        label: 'label.prefix',
        hint: 'hint.prefix',
        untrimmed: true,
        shown: ({ in: place }) => place === 'header',
      },
      {
        name: 'expiredStatuses',
        icon: 'history',
        label: 'label.expiredStatuses',
        hint: 'hint.expiredStatuses',
        placeholder: '401',
        problem: statusesProblem,
      },
      {
        name: 'expiredCondition',
        icon: 'filter',
        label: 'label.expiredCondition',
        hint: 'hint.expiredCondition',
        placeholder: 'body.error = "session_expired"',
        problem: conditionProblem,
      },
    ],
  },
};
