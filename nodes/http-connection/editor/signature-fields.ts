/** Schemes that sign what they send: AWS, and webhooks that are sent. */
import type { GroupDescription } from '../../editor/field-group';
import { authDefaults, type AwsFields, type SigningFields } from '../auth-config';
import type { AuthScheme } from '../config';
import { headerProblem, signedTextProblem, t } from './checks';

const same = <V>(values: V): V => values;

const isRole = (...kinds: AwsFields['role'][]) => {
  return ({ role }: AwsFields, scheme: AuthScheme) => scheme === 'aws-role' && kinds.includes(role);
};

export const awsGroup: GroupDescription<AwsFields, AwsFields, AuthScheme> = {
  property: 'aws',
  defaults: authDefaults.aws,
  view: same,
  saved: same,
  places: {
    'aws-role': [
      {
        name: 'role',
        icon: 'user-secret',
        label: 'label.role',
        options: ['assume-role', 'web-identity', 'container', 'instance', 'default'],
        text: (option) => t(`role.${option}`),
        shown: (_values, scheme) => scheme === 'aws-role',
      },
      {
        name: 'roleArn',
        icon: 'id-card-o',
        label: 'label.roleArn',
        placeholder: 'arn:aws:iam::123456789012:role/name',
        shown: isRole('assume-role', 'web-identity'),
        problem: (value, { role }) => {
          if (value === '') return role === 'assume-role' ? t('error.roleArnMissing') : undefined;
          return value.startsWith('arn:') ? undefined : t('error.roleArn');
        },
      },
      {
        name: 'externalId',
        icon: 'key',
        label: 'label.externalId',
        hint: 'hint.externalId',
        shown: isRole('assume-role'),
      },
      {
        name: 'sessionName',
        icon: 'tag',
        label: 'label.sessionName',
        hint: 'hint.sessionName',
        placeholder: 'node-red',
        shown: isRole('assume-role', 'web-identity'),
        problem: (value) =>
          value === '' || /^[\w+=,.@-]{2,64}$/.test(value) ? undefined : t('error.sessionName'),
      },
      {
        name: 'tokenFile',
        icon: 'file-o',
        label: 'label.tokenFile',
        hint: 'hint.tokenFile',
        shown: isRole('web-identity'),
      },
    ],
    'aws-target': [
      {
        name: 'region',
        icon: 'map-marker',
        label: 'label.region',
        hint: 'hint.region',
        placeholder: 'eu-central-1',
      },
      { name: 'service', icon: 'cubes', label: 'label.service', hint: 'hint.service', placeholder: 's3' },
    ],
  },
};

/** Whether the receiver learns a part that the signature covers. */
function carried(
  part: 'id' | 'timestamp',
  header: string,
  { text, value }: SigningFields,
): string | undefined {
  if (header !== '') return headerProblem(header);
  const needed = text.includes(`{${part}}`) && !value.includes(`{${part}}`);
  return needed ? t('error.notCarried', { part }) : undefined;
}

export const signingGroup: GroupDescription<SigningFields, SigningFields, AuthScheme> = {
  property: 'signing',
  defaults: authDefaults.signing,
  view: same,
  saved: same,
  places: {
    signing: [
      {
        name: 'secretFormat',
        icon: 'lock',
        label: 'label.secretFormat',
        options: ['text', 'base64', 'hex'],
        text: (option) => t(`secretFormat.${option}`),
      },
      { heading: 'heading.signature' },
      {
        name: 'text',
        icon: 'file-text-o',
        label: 'label.signedText',
        hint: 'hint.signedText',
        untrimmed: true,
        problem: signedTextProblem,
      },
      {
        name: 'algorithm',
        icon: 'cogs',
        label: 'label.algorithm',
        options: ['sha1', 'sha256', 'sha384', 'sha512'],
        text: (option) => `HMAC-${option.toUpperCase().replace('SHA', 'SHA-')}`,
      },
      { name: 'encoding', icon: 'font', label: 'label.encoding', options: ['hex', 'base64', 'base64url'] },
      { heading: 'heading.signatureHeaders' },
      {
        name: 'header',
        icon: 'pencil-square-o',
        label: 'label.signatureHeader',
        missing: 'error.nameMissing',
        problem: headerProblem,
      },
      {
        name: 'value',
        icon: 'quote-left',
        label: 'label.signatureValue',
        hint: 'hint.signatureValue',
        problem: (value) => (value.includes('{signature}') ? undefined : t('error.signatureValue')),
      },
      {
        name: 'timestampHeader',
        icon: 'clock-o',
        label: 'label.timestampHeader',
        hint: 'hint.optionalHeader',
        problem: (value, values) => carried('timestamp', value, values),
      },
      {
        name: 'timestampFormat',
        icon: 'clock-o',
        label: 'label.timestampFormat',
        options: ['seconds', 'milliseconds', 'iso'],
        text: (option) => t(`timestampFormat.${option}`),
      },
      {
        name: 'idHeader',
        icon: 'tag',
        label: 'label.idHeader',
        hint: 'hint.optionalHeader',
        problem: (value, values) => carried('id', value, values),
      },
    ],
  },
};
