import { asText, isEnvironment, nameProblem, verdict } from '../editor/checks';
import { currentValue, Dialog, dialogOf, type Shape } from '../editor/dialog';
import { fieldGroup, groupProblem } from '../editor/field-group';
import { numberProblem, type Range } from '../editor/number-check';
import { secretTable, type SecretTable } from '../editor/secret-table';
import { secretText } from '../editor/secret-text';
import { guide } from '../editor/guide/guide';
import { showTabs } from '../editor/tabs';
import { textTable, textTableProblem } from '../editor/text-table';
import { authDefaults, type AuthConfig } from './auth-config';
import {
  configVersion,
  defaults,
  secretSlots,
  type AuthField,
  type AuthScheme,
  type HttpConnectionConfig,
} from './config';
import { addressesProblem, baseUrlProblem, hostsProblem, statusesProblem, t } from './editor/checks';
import { connectionSteps } from './editor/guide';
import { loginPanel, type LoginPanel } from './editor/login-panel';
import {
  credentialNames,
  credentialsOf,
  groups,
  groupsOf,
  isKnown,
  isNeeded,
  usesTable,
  type CredentialName,
} from './editor/schemes';
import { testPanel } from './editor/test-panel';
import { forgetUnused } from './editor/values';
import { migrations } from './migrations';

const seconds: Range = { min: 0.01, max: 86_400 };

/** The fields that hold a number: the key of the label, and what it can be. */
const numbers = {
  connectTimeout: ['label.connectTimeout', seconds],
  firstByteTimeout: ['label.firstByteTimeout', seconds],
  idleTimeout: ['label.idleTimeout', seconds],
  totalTimeout: ['label.totalTimeout', seconds],
  maxResponseSize: ['label.maxResponseSize', { min: 0.001, max: 4096 }],
  rateRequests: ['label.rateRequests', { min: 0, max: 1_000_000, whole: true }],
  rateInterval: ['label.rateInterval', seconds],
  concurrency: ['label.concurrency', { min: 0, max: 10_000, whole: true }],
  retryAttempts: ['label.retryAttempts', { min: 1, max: 100, whole: true }],
  retryMaxDelay: ['label.retryMaxDelay', { min: 0, max: 86_400 }],
  retryMaxTotal: ['label.retryMaxTotal', { min: 0, max: 604_800 }],
  maxRedirects: ['label.maxRedirects', { min: 0, max: 50, whole: true }],
} as const satisfies Partial<Record<keyof HttpConnectionConfig, readonly [string, Range]>>;

const numberNames = Object.keys(numbers) as (keyof typeof numbers)[];

const shape: Shape<HttpConnectionConfig> = { configVersion, defaults, migrations, numbers: numberNames };

const groupNames = Object.keys(authDefaults) as (keyof AuthConfig)[];
const logins = new WeakMap<EditorNode, LoginPanel>();

function schemeOf(node: EditorNode): AuthScheme {
  return (currentValue(node, 'auth') as AuthScheme | undefined) ?? 'none';
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

function checked(
  value: unknown,
  label: string,
  problem: (value: string) => string | undefined,
): EditorProperty {
  return {
    value,
    label,
    required: false,
    validate: (text: string, _options: object) => verdict(problem(asText(text))),
  };
}

function group(name: keyof AuthConfig): EditorProperty {
  return {
    value: defaults[name],
    label: t(`group.${name}`),
    validate(this: EditorNode, value: object, _options: object) {
      const scheme = schemeOf(this);
      const used = groupsOf(scheme).includes(name);
      return verdict(used ? groupProblem(groups[name], value ?? {}, scheme, t) : undefined);
    },
  };
}

/** A credential that the chosen scheme cannot do without; only an open dialog knows whether it is there. */
function credential(name: CredentialName): EditorCredential {
  return {
    type: name === 'username' || name === 'accessKeyId' ? 'text' : 'password',
    validate(this: EditorNode, value: string, _options: object) {
      const scheme = schemeOf(this);
      return verdict(value === '' && isNeeded(name, scheme) ? t(`missing.${name}`) : undefined);
    },
  };
}

function entriesOf<K extends string, V>(names: readonly K[], make: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, V>;
}

RED.nodes.registerType('http-connection', {
  category: 'config',
  color: '#3FADB5',
  icon: 'http-connection.svg',
  paletteLabel: 'http connection',
  // joined by calls: the flow library reads this literal to find the node's types, and stumbles over a spread
  defaults: Object.assign(
    {
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
      allowedHosts: checked(defaults.allowedHosts, t('label.allowedHosts'), hostsProblem),
      auth: { value: defaults.auth, label: t('label.auth') },
      authFields: {
        value: defaults.authFields,
        label: t('label.secrets'),
        validate(this: EditorNode, value: AuthField[], _options: object) {
          return verdict(fieldsProblem(value ?? [], schemeOf(this)));
        },
      },
      tls: { value: defaults.tls, type: 'tls-config', required: false, label: t('label.tls') },
      proxy: { value: defaults.proxy, type: 'http proxy', required: false, label: t('label.proxy') },
      keepAlive: { value: defaults.keepAlive },
      cookies: { value: defaults.cookies },
      idempotencyKeys: { value: defaults.idempotencyKeys },
      guard: { value: defaults.guard },
      guardExceptions: checked(defaults.guardExceptions, t('label.guardExceptions'), addressesProblem),
      retryStatuses: checked(defaults.retryStatuses, t('label.retryStatuses'), statusesProblem),
      headers: {
        value: defaults.headers,
        label: t('label.headers'),
        validate: (rows: unknown, _options: object) => verdict(textTableProblem(rows, 'header', t)),
      },
      query: {
        value: defaults.query,
        label: t('label.query'),
        validate: (rows: unknown, _options: object) => verdict(textTableProblem(rows, 'parameter', t)),
      },
    },
    entriesOf(groupNames, group),
    entriesOf(numberNames, (name): EditorProperty => {
      const [label, range] = numbers[name];
      return {
        value: defaults[name],
        label: t(label),
        validate: (value: string, _options: object) => verdict(numberProblem(value, range, t)),
      };
    }),
  ) satisfies Record<keyof typeof defaults, EditorProperty>,
  credentials: Object.assign(
    entriesOf(credentialNames, credential),
    entriesOf(secretSlots, (): EditorCredential => ({ type: 'password' })),
    // has no field: the runtime makes it, and what has no field stays as it is
    { tokenKey: { type: 'password' } as const },
  ),
  label() {
    return this.name || hostOf(asText(this.baseUrl)) || t('label.node');
  },
  oneditprepare() {
    const root = $('.nrhc-http-connection');
    const dialog = new Dialog(this, shape, root, t);
    const scheme = () => asText(dialog.input('auth').val()) as AuthScheme;
    offerSavedScheme(dialog.input('auth'), dialog.config.auth);
    secretText(dialog.input('privateKey'), $('#nrhc-http-connection-key'), {
      none: t('placeholder.privateKey'),
      stored: t('placeholder.stored'),
    });
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
    for (const [property, kind, emptyText] of [
      ['headers', 'header', t('empty.headers')],
      ['query', 'parameter', t('empty.query')],
    ] as const) {
      const element = $(`#nrhc-http-connection-${property}`);
      dialog.add(textTable({ property, element, rows: dialog.config[property], kind, emptyText, t }));
    }
    const parts = groupNames.map((name) => {
      const saved = { ...authDefaults[name], ...dialog.config[name] };
      return dialog.add(fieldGroup(groups[name], root, saved, scheme, t));
    });
    const login = loginPanel(this, dialog, root);
    logins.set(this, login);

    const showFields = () => {
      const config = Object.fromEntries(parts.map((part) => [part.property, part.read()]));
      const used: readonly string[] = credentialsOf(scheme(), config);
      for (const name of credentialNames) {
        root.find(`[data-nrhc-credential="${name}"]`).prop('hidden', !used.includes(name));
      }
    };
    for (const part of parts) part.watch(showFields);
    dialog.watch('baseUrl', (url) => {
      root.find('.nrhc-allowed-hosts').prop('hidden', url.trim() !== '');
    });
    dialog.watch('guard', () => {
      root.find('.nrhc-guard-exceptions').prop('hidden', dialog.value('guard') !== true);
    });
    dialog.watch('auth', () => {
      root.find('[data-nrhc-auth]').each((_, row) => {
        row.hidden = !row.dataset.nrhcAuth!.split(' ').includes(scheme());
      });
      root.find('.nrhc-auth-hint').text(t(`authHint.${isKnown(scheme()) ? scheme() : 'other'}`));
      for (const part of parts) part.refresh();
      showFields();
      table.refresh();
      if (scheme() === 'oauth-code') login.refresh();
    });
    // another client or another server: another login
    parts[0]!.watch(() => scheme() === 'oauth-code' && login.refresh());
    const test = testPanel(this.id, dialog, root);
    showTabs(root, t, () => RED.tray.resize());
    guide({ node: this, dialog, root, steps: connectionSteps(this.id, dialog, root, test), t });
  },
  oneditsave() {
    const dialog = dialogOf(this) as Dialog<HttpConnectionConfig> | undefined;
    if (!dialog) return;
    const scheme = schemeOf(this);
    if (isKnown(scheme)) {
      forgetUnused(dialog, credentialNames);
      const table = dialog.part('authFields') as SecretTable;
      if (usesTable(scheme)) table.forgetUnused();
      else table.forgetAll();
    }
    dialog.save();
    if (isKnown(scheme) && !usesTable(scheme)) this.authFields = [];
    return logins.get(this)?.changed();
  },
  oneditcancel() {
    dialogOf(this)?.close();
  },
  oneditdelete() {
    dialogOf(this)?.close();
  },
});

function offerSavedScheme(choice: JQuery, scheme: AuthScheme): void {
  if (isKnown(scheme)) return;
  $('<option>', { value: scheme }).text(t('auth.other', { scheme })).appendTo(choice);
  choice.val(scheme);
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
