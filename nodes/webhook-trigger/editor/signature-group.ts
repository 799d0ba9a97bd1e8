/** The fields of a signature that is described by its parameters; see `SignatureScheme`. */
import type { SignatureAlgorithm } from '../../../src/webhook/verification/algorithms';
import type { UrlForm } from '../../../src/webhook/verification/public-url';
import type { GroupDescription } from '../../editor/field-group';
import { verificationDefaults, type SignatureFields } from '../verification-config';
import { headerProblem, jsonPathProblem, t } from './checks';
import { formats, formatText, seconds, type GroupContext } from './groups';

const algorithmLabels: Record<SignatureAlgorithm, string> = {
  'hmac-sha256': 'HMAC-SHA256',
  'hmac-sha1': 'HMAC-SHA1',
  'hmac-sha384': 'HMAC-SHA384',
  'hmac-sha512': 'HMAC-SHA512',
  ed25519: 'Ed25519',
  'ecdsa-p256-sha256': 'ECDSA P-256, SHA-256',
  'ecdsa-p256-sha256-der': 'ECDSA P-256, SHA-256, DER',
  'ecdsa-p384-sha384': 'ECDSA P-384, SHA-384',
  'rsa-sha1': 'RSA, SHA-1',
  'rsa-sha256': 'RSA, SHA-256',
  'rsa-sha512': 'RSA, SHA-512',
  'rsa-pss-sha512': 'RSA-PSS, SHA-512',
};

export function algorithmLabel(algorithm: SignatureAlgorithm): string {
  return algorithmLabels[algorithm];
}

const urlForms: readonly UrlForm[] = ['as-is', 'with-port', 'without-port', 'hubspot-decoded'];
const separators: Record<string, string> = { '': 'none', ',': 'comma', ';': 'semicolon', ' ': 'blank' };
const parts = ['id', 'timestamp', 'method', 'url', 'host', 'path', 'query', 'body', 'form'];

/** Whether a text to sign holds the URL in any way. */
export function coversUrl(text: string): boolean {
  return /\{(url|path|host|query)\}/.test(text);
}

function textProblem(text: string, { timestampFrom, idHeader }: SignatureFields): string | undefined {
  if (text === '') return t('error.signedTextMissing');
  const unknown = [...text.matchAll(/\{(\w+)\}/g)].find(([, part]) => !parts.includes(part!));
  if (unknown) return t('error.signedPart', { part: unknown[0] });
  if (text.includes('{timestamp}') && (timestampFrom === 'none' || timestampFrom === 'body')) {
    return t('error.timestampPlace');
  }
  return text.includes('{id}') && idHeader === '' ? t('error.idPlace') : undefined;
}

/** Where the timestamp stands, and so what its name is. */
const timestampNames: Record<string, (name: string) => string | undefined> = {
  header: headerProblem,
  entry: (name) => (name === '' ? t('error.entryMissing') : undefined),
  body: jsonPathProblem,
};

const isChosen = (_values: SignatureFields, { verification }: GroupContext) => verification === 'signature';
const isTimed = (values: SignatureFields, context: GroupContext) =>
  isChosen(values, context) && values.timestampFrom !== 'none';

export const signatureGroup: GroupDescription<SignatureFields, SignatureFields, GroupContext> = {
  property: 'signature',
  defaults: verificationDefaults.signature,
  view: (values) => values,
  saved: (values) => values,
  places: {
    signature: [
      {
        name: 'text',
        icon: 'file-text-o',
        label: 'label.signedText',
        hint: 'hint.signedText',
        untrimmed: true,
        shown: isChosen,
        problem: textProblem,
      },
      {
        name: 'algorithm',
        icon: 'cogs',
        label: 'label.algorithm',
        options: Object.keys(algorithmLabels),
        text: (name) => algorithmLabels[name as SignatureAlgorithm],
        shown: isChosen,
      },
      {
        name: 'encoding',
        icon: 'font',
        label: 'label.encoding',
        options: ['hex', 'base64', 'base64url'],
        shown: isChosen,
      },
      {
        name: 'secretFormat',
        icon: 'lock',
        label: 'label.secretFormat',
        options: formats,
        text: formatText,
        hint: ({ algorithm }) => t(algorithm.startsWith('hmac-') ? 'hint.secretFormat' : 'hint.keyFormat'),
        shown: isChosen,
      },
      {
        name: 'header',
        icon: 'pencil-square-o',
        label: 'label.signatureHeader',
        placeholder: 'X-Signature',
        shown: isChosen,
        problem: headerProblem,
      },
      {
        name: 'separator',
        icon: 'ellipsis-h',
        label: 'label.separator',
        options: ['', ',', ';', ' '],
        text: (separator) => t(`separator.${separators[separator]}`),
        hint: 'hint.separator',
        untrimmed: true,
        shown: isChosen,
      },
      {
        name: 'prefix',
        icon: 'step-backward',
        label: 'label.prefix',
        hint: 'hint.prefix',
        placeholder: 'sha256=',
        untrimmed: true,
        shown: isChosen,
      },
      {
        name: 'idHeader',
        icon: 'tag',
        label: 'label.idHeader',
        hint: 'hint.idHeader',
        placeholder: 'webhook-id',
        shown: (values, context) => isChosen(values, context) && values.text.includes('{id}'),
        problem: (name) => (name === '' ? undefined : headerProblem(name)),
      },
      { heading: 'heading.timestamp', shown: isChosen },
      {
        name: 'timestampFrom',
        icon: 'clock-o',
        label: 'label.timestampFrom',
        options: ['none', 'header', 'entry', 'body'],
        text: (from) => t(`timestampFrom.${from}`),
        shown: isChosen,
      },
      {
        name: 'timestampName',
        icon: 'crosshairs',
        label: ({ timestampFrom }) => t(`timestampName.${timestampFrom}`),
        placeholder: ({ timestampFrom }) =>
          ({ header: 'X-Timestamp', entry: 't=', body: 'sent_at' })[timestampFrom as string] ?? '',
        untrimmed: true,
        shown: isTimed,
        problem: (name, { timestampFrom }) => timestampNames[timestampFrom]?.(name),
      },
      {
        name: 'timestampUnit',
        icon: 'calendar',
        label: 'label.timestampUnit',
        options: ['seconds', 'milliseconds', 'iso'],
        text: (unit) => t(`timestampUnit.${unit}`),
        shown: isTimed,
      },
      {
        name: 'timestampTolerance',
        icon: 'arrows-h',
        label: 'label.tolerance',
        hint: 'hint.tolerance',
        range: seconds,
        shown: isTimed,
      },
      {
        heading: 'heading.signedUrl',
        shown: (values, context) => isChosen(values, context) && coversUrl(values.text),
      },
      {
        name: 'url',
        icon: 'globe',
        label: 'label.urlForm',
        options: urlForms,
        text: (form) => t(`urlForm.${form}`),
        hint: 'hint.urlForm',
        shown: (values, context) => isChosen(values, context) && coversUrl(values.text),
      },
    ],
  },
};
