import { PathPattern } from '../../src/webhook/path-pattern';
import { asText, isToken, verdict } from '../editor/checks';
import { codeField } from '../editor/code-field';
import { copyButton } from '../editor/copy';
import { currentValue, Dialog, dialogOf, type Part, type Shape } from '../editor/dialog';
import { numberProblem } from '../editor/number-check';
import { showTabs } from '../editor/tabs';
import { tableProblem, templateProblem } from '../editor/template-checks';
import { textsOf } from '../editor/texts';
import { typedTable } from '../editor/typed-table';
import { configVersion, defaults, type WebhookTriggerConfig } from './config';
import { migrations } from './migrations';
import { generatedToken, newPath, renamed } from './path';

const t = textsOf('webhook-trigger');

const shape: Shape<WebhookTriggerConfig> = {
  configVersion,
  defaults,
  migrations,
  numbers: ['maxSize', 'answerStatus'],
};

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function freshPath(event: string): string {
  return newPath(event, (bytes) => crypto.getRandomValues(bytes));
}

function pathProblem(path: string): string | undefined {
  if (path.replaceAll('/', '').trim() === '') return t('error.pathMissing');
  try {
    new PathPattern(path);
    return undefined;
  } catch (error) {
    return t('error.path', { reason: error instanceof Error ? error.message : String(error) });
  }
}

/** Equal for two paths that take the same deliveries; `undefined` for one that takes none. */
function routeKey(path: unknown): string | undefined {
  try {
    return new PathPattern(asText(path)).key;
  } catch {
    return undefined;
  }
}

function isOff(node: EditorNode): boolean {
  return node.d === true || RED.nodes.workspace(node.z ?? '')?.disabled === true;
}

/** Another webhook trigger that would get the same deliveries. */
function rival(node: EditorNode, path: string, own: readonly string[]): EditorNode | undefined {
  let found: EditorNode | undefined;
  const key = routeKey(path);
  if (key === undefined || isOff(node)) return undefined;
  RED.nodes.eachNode((other) => {
    if (found || other.type !== 'webhook-trigger' || other.id === node.id || isOff(other)) return;
    const theirs = (other.methods as string[] | undefined) ?? defaults.methods;
    const overlap = theirs.some((method) => own.includes(method));
    if (overlap && routeKey(other.path) === key) found = other;
  });
  return found;
}

function labelOf(node: EditorNode): string {
  return node.name || asText(node.event) || asText(node.path) || node.id;
}

/** A change of one node can make another's path free or taken; Node-RED only looks at the node that was edited. */
function checkOthers(changed: EditorNode): void {
  if (changed.type !== 'webhook-trigger') return;
  setTimeout(() => {
    RED.nodes.eachNode((node) => {
      if (node.type === 'webhook-trigger') RED.editor.validateNode(node);
    });
    RED.view.redraw();
  });
}

for (const event of ['nodes:add', 'nodes:change', 'nodes:remove']) RED.events.on(event, checkOthers);

RED.nodes.registerType('webhook-trigger', {
  category: 'network',
  color: '#3FADB5',
  icon: 'webhook-trigger.svg',
  inputs: 0,
  outputs: 1,
  paletteLabel: 'webhook trigger',
  defaults: {
    configVersion: { value: defaults.configVersion },
    name: { value: defaults.name },
    event: { value: defaults.event, label: t('label.event') },
    path: {
      value: defaults.path,
      label: t('label.path'),
      validate(this: EditorNode, value: string, _options: object) {
        const wrong = pathProblem(value ?? '');
        if (wrong) return wrong;
        const own = (currentValue(this, 'methods') as string[] | undefined) ?? defaults.methods;
        const other = rival(this, value, own);
        return verdict(other && t('error.pathTaken', { name: labelOf(other) }));
      },
    },
    methods: {
      value: defaults.methods,
      label: t('label.methods'),
      validate: (value: string[] | undefined, _options: object) =>
        verdict(value?.length === 0 ? t('error.methods') : undefined),
    },
    payload: { value: defaults.payload, label: t('label.payload') },
    rawBody: { value: defaults.rawBody },
    maxSize: {
      value: defaults.maxSize,
      label: t('label.maxSize'),
      validate: (value: string, _options: object) =>
        verdict(numberProblem(value, { min: 0.001, max: 1024 * 1024 }, t)),
    },
    verification: { value: defaults.verification, label: t('label.verification') },
    secretHeader: {
      value: defaults.secretHeader,
      label: t('label.secretHeader'),
      validate(this: EditorNode, value: string, _options: object) {
        const used = currentValue(this, 'verification') === 'secret-header';
        return verdict(used && !isToken(value ?? '') ? t('error.headerName', { name: value }) : undefined);
      },
    },
    answerStatus: {
      value: defaults.answerStatus,
      label: t('label.answerStatus'),
      validate: (value: string, _options: object) =>
        verdict(numberProblem(value, { min: 200, max: 599, whole: true }, t)),
    },
    answerHeaders: {
      value: defaults.answerHeaders,
      label: t('label.answerHeaders'),
      validate: (value: unknown, _options: object) => verdict(tableProblem(value, 'header', t)),
    },
    answerBody: {
      value: defaults.answerBody,
      label: t('label.answerBody'),
      validate: (value: string, _options: object) => verdict(templateProblem(value ?? '', t)),
    },
  },
  credentials: {
    secret: {
      type: 'password',
      validate(this: EditorNode, value: string, _options: object) {
        const used = currentValue(this, 'verification') === 'secret-header';
        return verdict(used && value === '' ? t('error.secretMissing') : undefined);
      },
    },
  },
  label() {
    return this.name || asText(this.event) || t('label.node');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  onadd() {
    const path = asText(this.path);
    const event = asText(this.event);
    // A copy gets a URL of its own; a path that somebody chose stays and is shown as taken.
    const copied = generatedToken(path, event) && rival(this, path, this.methods as string[]);
    if (path === '' || copied) this.path = freshPath(event);
  },
  oneditprepare() {
    const root = $('.nrhc-webhook-trigger');
    const dialog = new Dialog(this, shape, root, t);
    const { config } = dialog;
    dialog.add(methodChecks($('#nrhc-webhook-trigger-methods'), config.methods));
    dialog.add(
      typedTable({
        property: 'answerHeaders',
        element: $('#nrhc-webhook-trigger-header-rows'),
        rows: config.answerHeaders,
        kind: 'header',
        emptyText: t('empty.headers'),
        suggestions: 'nrhc-webhook-trigger-header-names',
        t,
      }),
    );
    dialog.add(
      codeField({
        property: 'answerBody',
        element: $('#nrhc-webhook-trigger-body-editor'),
        value: config.answerBody,
        label: t('label.answerBody'),
        fixed: true,
        onChange: () => dialog.showProblems(),
        t,
      }),
    );
    urlFields(dialog, this);
    dialog.watch('verification', (kind) => {
      root.find('[data-nrhc-verification]').prop('hidden', kind !== 'secret-header');
      root.find('.nrhc-verification-hint').text(t(`verificationHint.${kind}`));
    });
    showTabs(root, t, () => dialog.resize());
  },
  oneditsave() {
    if (currentValue(this, 'verification') === 'none') $('#node-input-secret').val('');
    dialogOf(this)?.save();
  },
  oneditcancel() {
    dialogOf(this)?.close();
  },
  oneditresize() {
    dialogOf(this)?.resize();
  },
});

/** Check boxes for the methods; one that was saved by hand and is not in the list gets its own. */
function methodChecks(group: JQuery, saved: readonly string[]): Part {
  for (const method of new Set([...methods, ...saved])) {
    const id = `nrhc-webhook-trigger-method-${method}`;
    const label = $('<label>', { class: 'nrhc-check', for: id }).appendTo(group);
    $('<input>', { type: 'checkbox', id, value: method })
      .prop('checked', saved.includes(method))
      .appendTo(label);
    label.append($('<span>').text(method));
  }
  group.attr('data-nrhc-part', 'methods');
  return {
    property: 'methods',
    read: () =>
      group
        .find('input:checked')
        .toArray()
        .map((input) => (input as HTMLInputElement).value),
  };
}

/** Path and event name go together until the path is edited or deployed; the whole URL is shown below. */
function urlFields(dialog: Dialog<WebhookTriggerConfig>, node: EditorNode): void {
  const path = dialog.input('path');
  const event = dialog.input('event');
  const deployed = RED.nodes.originalFlow()?.some(({ id }) => id === node.id) ?? false;
  const output = $('#nrhc-webhook-trigger-url');
  if (path.val() === '') path.val(freshPath(dialog.config.event));
  let name = dialog.config.event;
  event.on('input', () => {
    const next = String(event.val());
    // A service may already call the deployed URL: it is not changed behind the user's back.
    if (!deployed) path.val(renamed(String(path.val()), name, next)).trigger('change');
    name = next;
  });
  const show = () => output.text(fullUrl(String(path.val())));
  path.on('input change', show);
  show();
  copyButton($('#nrhc-webhook-trigger-copy'), () => output.text(), t);
}

/** The URL as this browser would call it. */
function fullUrl(path: string): string {
  const root = `/${RED.settings.httpNodeRoot || ''}/`.replace(/\/+/g, '/');
  return `${location.origin}${root}${path.trim().replace(/^\/+/, '')}`;
}
