import { asText, isEnvironment, nameProblem, verdict } from '../editor/checks';
import { currentValue, Dialog, dialogOf, type Shape } from '../editor/dialog';
import { numberProblem, type Range } from '../editor/number-check';
import { secretTable, type SecretTable } from '../editor/secret-table';
import { showTabs } from '../editor/tabs';
import { textsOf } from '../editor/texts';
import {
  configVersion,
  defaults,
  type AuthField,
  type AuthScheme,
  type HttpConnectionConfig,
} from './config';
import { migrations } from './migrations';

const t = textsOf('http-connection');

const shape: Shape<HttpConnectionConfig> = {
  configVersion,
  defaults,
  migrations,
  numbers: ['connectTimeout', 'firstByteTimeout', 'idleTimeout', 'totalTimeout', 'maxResponseSize'],
};

const seconds: Range = { min: 0.01, max: 86_400 };
const mebibytes: Range = { min: 0.001, max: 4096 };

/**
 * The credentials that each scheme uses, beside the table of secrets. A scheme that is not here has no fields in this
 * dialog yet: what a flow holds for it is carried along untouched.
 */
const credentialsOf: Partial<Record<AuthScheme, readonly string[]>> = {
  none: [],
  basic: ['username', 'password'],
  bearer: ['token'],
  headers: [],
  query: [],
  custom: ['username', 'password'],
  digest: ['username', 'password'],
  'oauth-code': ['clientSecret', 'privateKey'],
  'oauth-client': ['clientSecret', 'privateKey'],
  jwt: ['privateKey'],
  login: ['username', 'password'],
  aws: ['accessKeyId', 'secretAccessKey', 'sessionToken'],
  'aws-role': ['accessKeyId', 'secretAccessKey', 'sessionToken'],
  'standard-webhooks': ['signingSecret'],
  signing: ['signingSecret'],
};

/** Node-RED saves only what a definition lists: settings without a field here must not get lost on deploy. */
const carried = Object.fromEntries(
  Object.entries(defaults).map(([property, value]) => [property, { value }]),
);

function usesTable(scheme: AuthScheme): boolean {
  return scheme === 'headers' || scheme === 'query' || scheme === 'custom';
}

function schemeOf(node: EditorNode): AuthScheme {
  return (currentValue(node, 'auth') as AuthScheme | undefined) ?? 'none';
}

function baseUrlProblem(value: string): string | undefined {
  if (value.includes('${')) return t('error.environmentInUrl');
  let url: URL;
  try {
    url = new URL(value.trim());
  } catch {
    return t('error.url');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return t('error.protocol');
  if (url.username || url.password) return t('error.urlCredentials');
  if (url.search || url.hash) return t('error.urlQuery');
  return undefined;
}

/** `host`, `host:port` or `*.domain`. */
function hostsProblem(value: string): string | undefined {
  const wrong = value
    .split(/[\s,]+/)
    .filter(Boolean)
    .find((host) => !/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i.test(host));
  return wrong === undefined ? undefined : t('error.host', { host: wrong });
}

function fieldsProblem(fields: readonly AuthField[], scheme: AuthScheme): string | undefined {
  if (!usesTable(scheme)) return undefined;
  if (fields.length === 0 && scheme !== 'custom') return t('error.noSecrets');
  for (const field of fields) {
    const problem = nameProblem(field.name, field.in === 'header' ? 'header' : 'parameter', t);
    if (problem) return problem;
  }
  return undefined;
}

/** A credential that the chosen scheme cannot do without; only an open dialog knows whether it is there. */
function needed(this: EditorNode, value: string, schemes: readonly AuthScheme[], problem: string): Verdict {
  return verdict(value === '' && schemes.includes(schemeOf(this)) ? t(problem) : undefined);
}

RED.nodes.registerType('http-connection', {
  category: 'config',
  color: '#3FADB5',
  icon: 'http-connection.svg',
  paletteLabel: 'http connection',
  defaults: {
    ...carried,
    configVersion: { value: defaults.configVersion },
    name: { value: defaults.name },
    baseUrl: {
      value: defaults.baseUrl,
      label: t('label.baseUrl'),
      validate(this: EditorNode, value: string, _options: object) {
        if (value) return verdict(baseUrlProblem(value));
        const open = schemeOf(this) !== 'none' && !currentValue(this, 'allowedHosts');
        return verdict(open ? t('error.unbounded') : undefined);
      },
    },
    allowedHosts: {
      value: defaults.allowedHosts,
      label: t('label.allowedHosts'),
      required: false,
      validate: (value: string, _options: object) => verdict(hostsProblem(value ?? '')),
    },
    auth: { value: defaults.auth, label: t('label.auth') },
    authFields: {
      value: defaults.authFields,
      label: t('label.secrets'),
      validate(this: EditorNode, value: AuthField[], _options: object) {
        return verdict(fieldsProblem(value ?? [], schemeOf(this)));
      },
    },
    tls: { value: defaults.tls, type: 'tls-config', required: false, label: t('label.tls') },
    connectTimeout: {
      value: defaults.connectTimeout,
      label: t('label.connectTimeout'),
      validate: (value: string, _options: object) => verdict(numberProblem(value, seconds, t)),
    },
    firstByteTimeout: {
      value: defaults.firstByteTimeout,
      label: t('label.firstByteTimeout'),
      validate: (value: string, _options: object) => verdict(numberProblem(value, seconds, t)),
    },
    idleTimeout: {
      value: defaults.idleTimeout,
      label: t('label.idleTimeout'),
      validate: (value: string, _options: object) => verdict(numberProblem(value, seconds, t)),
    },
    totalTimeout: {
      value: defaults.totalTimeout,
      label: t('label.totalTimeout'),
      validate: (value: string, _options: object) => verdict(numberProblem(value, seconds, t)),
    },
    keepAlive: { value: defaults.keepAlive },
    maxResponseSize: {
      value: defaults.maxResponseSize,
      label: t('label.maxResponseSize'),
      validate: (value: string, _options: object) => verdict(numberProblem(value, mebibytes, t)),
    },
  },
  credentials: {
    username: {
      type: 'text',
      validate(this: EditorNode, value: string, _options: object) {
        return needed.call(this, value, ['basic'], 'error.usernameMissing');
      },
    },
    password: { type: 'password' },
    token: {
      type: 'password',
      validate(this: EditorNode, value: string, _options: object) {
        return needed.call(this, value, ['bearer'], 'error.tokenMissing');
      },
    },
    secret1: { type: 'password' },
    secret2: { type: 'password' },
    secret3: { type: 'password' },
    secret4: { type: 'password' },
    secret5: { type: 'password' },
    secret6: { type: 'password' },
    secret7: { type: 'password' },
    secret8: { type: 'password' },
  },
  label() {
    return this.name || hostOf(asText(this.baseUrl)) || t('label.node');
  },
  oneditprepare() {
    const root = $('.nrhc-http-connection');
    const dialog = new Dialog(this, shape, root, t);
    const scheme = () => String(dialog.input('auth').val()) as AuthScheme;
    offerSavedScheme(dialog.input('auth'), dialog.config.auth);
    const table = dialog.add(
      secretTable({
        property: 'authFields',
        element: $('#nrhc-http-connection-secrets'),
        store: $('#nrhc-http-connection-slots'),
        fields: dialog.config.authFields,
        scheme,
        t,
      }),
    );
    dialog.watch('baseUrl', (url) => {
      root.find('.nrhc-allowed-hosts').prop('hidden', url.trim() !== '');
    });
    dialog.watch('auth', () => {
      root.find('[data-nrhc-auth]').each((_, row) => {
        row.hidden = !row.dataset.nrhcAuth!.split(' ').includes(scheme());
      });
      root.find('.nrhc-auth-hint').text(t(`authHint.${credentialsOf[scheme()] ? scheme() : 'other'}`));
      table.refresh();
    });
    showTabs(root, t, () => RED.tray.resize());
  },
  oneditsave() {
    const dialog = dialogOf(this);
    if (!dialog) return;
    const scheme = schemeOf(this);
    const used = credentialsOf[scheme];
    if (used) forgetUnusedSecrets(dialog, scheme, used);
    dialog.save();
    if (used && !usesTable(scheme)) this.authFields = [];
  },
  oneditcancel() {
    dialogOf(this)?.close();
  },
  oneditdelete() {
    dialogOf(this)?.close();
  },
});

function offerSavedScheme(choice: JQuery, scheme: AuthScheme): void {
  if (credentialsOf[scheme]) return;
  $('<option>', { value: scheme }).text(t('auth.other', { scheme })).appendTo(choice);
  choice.val(scheme);
}

/** What the chosen scheme does not use is not kept. */
function forgetUnusedSecrets(
  dialog: NonNullable<ReturnType<typeof dialogOf>>,
  scheme: AuthScheme,
  used: readonly string[],
): void {
  for (const credential of ['username', 'password', 'token']) {
    if (!used.includes(credential)) dialog.input(credential).val('');
  }
  const table = dialog.part('authFields') as SecretTable;
  if (usesTable(scheme)) table.forgetUnused();
  else table.forgetAll();
}

function hostOf(baseUrl: string): string {
  if (isEnvironment(baseUrl)) return baseUrl;
  try {
    const { host, pathname } = new URL(baseUrl);
    return host + (pathname === '/' ? '' : pathname);
  } catch {
    return '';
  }
}
