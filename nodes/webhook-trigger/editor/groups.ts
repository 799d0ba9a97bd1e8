/** The nested objects of a verification that has many fields: JWT, HTTP Message Signatures, handshakes. */
import type { MessageAlgorithm } from '../../../src/webhook/verification/message-signature';
import { isToken } from '../../editor/checks';
import { entriesOf } from '../../editor/addresses';
import type { GroupDescription } from '../../editor/field-group';
import {
  verificationDefaults,
  type HandshakeFields,
  type JwtFields,
  type MessageSignatureFields,
} from '../verification-config';
import { headerProblem, jsonPathProblem, t, urlProblem } from './checks';
import type { GenericHandshake } from './handshake-choice';

const same = <V>(values: V): V => values;

/** What groups depend on. */
export interface GroupContext {
  verification: string;
  handshake: GenericHandshake | undefined;
  /** A WebSub hub is to be answered. */
  websub: boolean;
}

export const seconds = { min: 0, max: 86_400 };
export const formats = ['text', 'base64', 'hex'];
export const formatText = (format: string): string => t(`secretFormat.${format}`);

const secretAlgorithms = ['HS256', 'HS384', 'HS512'];
const publicAlgorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

function algorithmsProblem(list: string, { keysFrom }: JwtFields): string | undefined {
  const possible = keysFrom === 'secrets' ? secretAlgorithms : publicAlgorithms;
  const entries = entriesOf(list);
  const wrong = entries.find((entry) => !possible.includes(entry));
  if (entries.length > 0 && wrong === undefined) return undefined;
  return t('error.jwtAlgorithms', { name: wrong ?? '', possible: possible.join(' ') });
}

const isJwt = (_values: JwtFields, { verification }: GroupContext) => verification === 'jwt';

export const jwtGroup: GroupDescription<JwtFields, JwtFields, GroupContext> = {
  property: 'jwt',
  defaults: verificationDefaults.jwt,
  view: same,
  saved: same,
  places: {
    jwt: [
      {
        name: 'keysFrom',
        icon: 'key',
        label: 'label.keysFrom',
        options: ['secrets', 'public-keys', 'jwks'],
        text: (from) => t(`keysFrom.${from}`),
        shown: isJwt,
      },
      {
        name: 'jwksUrl',
        icon: 'globe',
        label: 'label.jwksUrl',
        hint: 'hint.jwksUrl',
        placeholder: 'https://login.example.com/.well-known/jwks.json',
        shown: (values, context) => isJwt(values, context) && values.keysFrom === 'jwks',
        problem: urlProblem,
      },
      {
        name: 'secretFormat',
        icon: 'lock',
        label: 'label.secretFormat',
        options: formats,
        text: formatText,
        hint: ({ keysFrom }) => t(keysFrom === 'secrets' ? 'hint.secretFormat' : 'hint.keyFormat'),
        shown: (values, context) => isJwt(values, context) && values.keysFrom !== 'jwks',
      },
      {
        name: 'algorithms',
        icon: 'cogs',
        label: 'label.algorithms',
        hint: 'hint.algorithms',
        placeholder: ({ keysFrom }) => (keysFrom === 'secrets' ? 'HS256' : 'RS256 ES256'),
        shown: isJwt,
        problem: algorithmsProblem,
      },
      {
        name: 'header',
        icon: 'bookmark-o',
        label: 'label.jwtHeader',
        hint: 'hint.jwtHeader',
        shown: isJwt,
        problem: headerProblem,
      },
      { heading: 'heading.claims', shown: isJwt },
      { name: 'issuers', icon: 'building-o', label: 'label.issuers', hint: 'hint.issuers', shown: isJwt },
      { name: 'audiences', icon: 'users', label: 'label.audiences', hint: 'hint.audiences', shown: isJwt },
      { name: 'required', icon: 'check-square-o', label: 'label.claims', hint: 'hint.claims', shown: isJwt },
      {
        name: 'tolerance',
        icon: 'clock-o',
        label: 'label.tolerance',
        hint: 'hint.jwtTolerance',
        range: seconds,
        shown: isJwt,
      },
    ],
  },
};

const messageAlgorithms: Record<MessageAlgorithm, string> = {
  'hmac-sha256': 'HMAC-SHA256',
  ed25519: 'Ed25519',
  'ecdsa-p256-sha256': 'ECDSA P-256, SHA-256',
  'ecdsa-p384-sha384': 'ECDSA P-384, SHA-384',
  'rsa-pss-sha512': 'RSA-PSS, SHA-512',
  'rsa-v1_5-sha256': 'RSA PKCS #1 v1.5, SHA-256',
};

function componentsProblem(list: string): string | undefined {
  const derived = /^@(method|target-uri|authority|scheme|request-target|path|query|query-param)$/;
  const wrong = entriesOf(list).find((name) => !derived.test(name) && (!isToken(name) || /[A-Z]/.test(name)));
  return wrong === undefined ? undefined : t('error.component', { name: wrong });
}

const isMessage = (_values: MessageSignatureFields, { verification }: GroupContext) =>
  verification === 'message-signature';

export const messageGroup: GroupDescription<MessageSignatureFields, MessageSignatureFields, GroupContext> = {
  property: 'messageSignature',
  defaults: verificationDefaults.messageSignature,
  view: same,
  saved: same,
  places: {
    messageSignature: [
      {
        name: 'algorithm',
        icon: 'cogs',
        label: 'label.algorithm',
        options: Object.keys(messageAlgorithms),
        text: (name) => messageAlgorithms[name as MessageAlgorithm],
        shown: isMessage,
      },
      {
        name: 'secretFormat',
        icon: 'lock',
        label: 'label.secretFormat',
        options: formats,
        text: formatText,
        hint: ({ algorithm }) => t(algorithm.startsWith('hmac-') ? 'hint.secretFormat' : 'hint.keyFormat'),
        shown: isMessage,
      },
      { name: 'keyId', icon: 'id-card-o', label: 'label.keyId', hint: 'hint.keyId', shown: isMessage },
      {
        name: 'required',
        icon: 'check-square-o',
        label: 'label.components',
        hint: 'hint.components',
        shown: isMessage,
        problem: componentsProblem,
      },
      {
        name: 'tolerance',
        icon: 'clock-o',
        label: 'label.tolerance',
        hint: 'hint.created',
        range: seconds,
        shown: isMessage,
      },
      { name: 'tag', icon: 'tag', label: 'label.signatureTag', hint: 'hint.signatureTag', shown: isMessage },
    ],
  },
};

const forHandshakes = (...kinds: GenericHandshake[]) => {
  return (_values: HandshakeFields, { handshake }: GroupContext) =>
    handshake !== undefined && kinds.includes(handshake);
};

/** A handshake looks for a query parameter, for a field of a JSON body, or for a header. */
const nameProblems: Record<GenericHandshake, (name: string) => string | undefined> = {
  'echo-query': () => undefined,
  'hmac-query': () => undefined,
  'echo-json': jsonPathProblem,
  'confirm-get': jsonPathProblem,
  'learn-header': headerProblem,
};

export const handshakeGroup: GroupDescription<HandshakeFields, HandshakeFields, GroupContext> = {
  property: 'handshakeFields',
  defaults: verificationDefaults.handshakeFields,
  view: same,
  saved: same,
  places: {
    handshake: [
      {
        name: 'name',
        icon: 'crosshairs',
        label: 'label.handshakeName',
        hint: 'hint.handshakeName',
        missing: 'error.nameMissing',
        shown: (_values, { handshake }) => handshake !== undefined,
        problem: (name, _values, { handshake }) => handshake && nameProblems[handshake](name),
      },
      {
        name: 'answerField',
        icon: 'reply',
        label: 'label.answerField',
        hint: 'hint.answerField',
        shown: forHandshakes('echo-json', 'hmac-query'),
        problem: (value, _values, { handshake }) =>
          value === '' && handshake === 'hmac-query' ? t('error.nameMissing') : undefined,
      },
      {
        name: 'algorithm',
        icon: 'cogs',
        label: 'label.algorithm',
        options: ['sha1', 'sha256', 'sha384', 'sha512'],
        text: (name) => `HMAC-${name.toUpperCase()}`,
        shown: forHandshakes('hmac-query'),
      },
      {
        name: 'encoding',
        icon: 'font',
        label: 'label.encoding',
        options: ['hex', 'base64', 'base64url'],
        shown: forHandshakes('hmac-query'),
      },
      {
        name: 'prefix',
        icon: 'step-backward',
        label: 'label.prefix',
        hint: 'hint.handshakePrefix',
        untrimmed: true,
        shown: forHandshakes('hmac-query'),
      },
      {
        name: 'tokenParameter',
        icon: 'check',
        label: 'label.tokenParameter',
        hint: 'hint.tokenParameter',
        shown: forHandshakes('echo-query'),
      },
      {
        name: 'hosts',
        icon: 'server',
        label: 'label.hosts',
        hint: 'hint.hosts',
        missing: 'error.hostsMissing',
        placeholder: 'api.example.com',
        shown: forHandshakes('confirm-get'),
        problem: (list) => {
          const host = entriesOf(list).find((entry) => !/^[a-z0-9.-]+(:\d+)?$/i.test(entry));
          return host === undefined ? undefined : t('error.host', { host });
        },
      },
      {
        name: 'topic',
        icon: 'rss',
        label: 'label.topic',
        hint: 'hint.topic',
        missing: 'error.topicMissing',
        placeholder: 'https://example.com/feed',
        shown: (_values, { websub }) => websub,
      },
    ],
  },
};
