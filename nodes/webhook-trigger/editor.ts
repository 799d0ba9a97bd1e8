import type { Rule } from '../../src/exchange/rules';
import { asText, isEnvironment, verdict } from '../editor/checks';
import { checkGroup } from '../editor/check-group';
import { Dialog, dialogOf } from '../editor/dialog';
import { groupProblem, type GroupDescription } from '../editor/field-group';
import { guide } from '../editor/guide/guide';
import { numberProblem, type Range } from '../editor/number-check';
import { rulesProblem } from '../editor/rules-table';
import { showTabs } from '../editor/tabs';
import { templateProblem } from '../editor/template-checks';
import type { TypedRow } from '../runtime/rows';
import { defaults, type WebhookTriggerConfig } from './config';
import { answerTab } from './editor/answer-tab';
import {
  addressesProblem,
  answerHeadersProblem,
  conditionProblem,
  headerProblem,
  jsonPathProblem,
  pathProblem,
  publicUrlProblem,
  t,
  tokenPathProblem,
  userProblem,
} from './editor/checks';
import { conditionFields } from './editor/condition';
import { deadLetters } from './editor/dead-letters';
import { webhookSteps } from './editor/guide';
import { handshakeGroup, jwtGroup, messageGroup, type GroupContext } from './editor/groups';
import { handshakeNeeds, presetOf } from './editor/handshake-choice';
import { listenTab } from './editor/listen';
import { holds, rival, watchRivals } from './editor/rivals';
import { ensureStateKey, forgetUnusedSecrets } from './editor/secret-fields';
import { secretUse } from './editor/secret-use';
import { shape, type Property } from './editor/shape';
import { shownFields } from './editor/shown-fields';
import { signatureGroup } from './editor/signature-group';
import { callbackProblem, subscriptionGroup, subscriptionTab } from './editor/subscription';
import { freshPath, urlFields } from './editor/url-fields';
import { isUsed } from './editor/uses';
import { groupContext, verificationTab } from './editor/verification-tab';
import { generatedToken } from './path';

/** A field that is checked while it is used; what is not used cannot be wrong. */
function field<V>(
  property: Property,
  label: string,
  problem: (value: V, node: EditorNode) => string | undefined,
): EditorProperty {
  return {
    value: defaults[property],
    label,
    validate(this: EditorNode, value: V | undefined, options: object) {
      const given = value ?? (defaults[property] as V);
      return verdict(isUsed(property, holds(this)) ? problem(given, this) : undefined, options);
    },
  };
}

const text = (
  property: Property,
  label: string,
  problem: (value: string, node: EditorNode) => string | undefined,
) => field<unknown>(property, label, (value, node) => problem(asText(value), node));

/** The ranges of numbers, for those that are left behind in a field that is not shown. */
const ranges = new Map<Property, Range>();

function number(property: Property, label: string, range: Range): EditorProperty {
  ranges.set(property, range);
  return field<unknown>(property, label, (value) => numberProblem(value, range, t));
}

function group<G, V extends object>(
  property: Property,
  description: GroupDescription<G, V, GroupContext>,
): EditorProperty {
  return field<object>(property, '', (value, node) =>
    groupProblem(description, { ...description.defaults, ...value }, groupContext(holds(node)), t),
  );
}

/** What cannot be wrong. */
const free = (property: Property, label?: string): EditorProperty => ({
  value: defaults[property],
  ...(label === undefined ? {} : { label }),
});

const day = 86_400;
const million = 1_000_000;
const status: Range = { min: 200, max: 599, whole: true };

watchRivals();

RED.nodes.registerType('webhook-trigger', {
  category: 'network',
  color: '#3FADB5',
  icon: 'webhook-trigger.svg',
  inputs: 0,
  outputs: 1,
  paletteLabel: 'webhook trigger',
  defaults: {
    configVersion: free('configVersion'),
    name: free('name'),
    event: free('event', t('label.event')),
    path: {
      value: defaults.path,
      label: t('label.path'),
      validate(this: EditorNode, value: string, _options: object) {
        const wrong = pathProblem(value ?? '');
        if (wrong) return wrong;
        const other = rival(this, value);
        return verdict(other && t('error.pathTaken', other));
      },
    },
    methods: {
      value: defaults.methods,
      label: t('label.methods'),
      validate: (value: string[] | undefined, _options: object) =>
        verdict(value?.length === 0 ? t('error.methods') : undefined),
    },
    publicUrl: text(
      'publicUrl',
      t('label.publicUrl'),
      (url, node) => callbackProblem(url, holds(node)) ?? publicUrlProblem(url),
    ),

    verification: free('verification', t('label.verification')),
    preset: {
      ...text('preset', t('label.preset'), (_id, node) =>
        presetOf(holds(node)) ? undefined : t('error.preset'),
      ),
      patient: true,
    },
    secretHeader: text('secretHeader', t('label.header'), headerProblem),
    queryParameter: text('queryParameter', t('label.parameter'), (name) =>
      name === '' ? t('error.nameMissing') : undefined,
    ),
    bodyTokenPath: { ...text('bodyTokenPath', t('label.jsonPath'), tokenPathProblem), patient: true },
    user: text('user', t('label.user'), userProblem),
    signature: group('signature', signatureGroup),
    jwt: group('jwt', jwtGroup),
    messageSignature: group('messageSignature', messageGroup),
    allowedIps: text('allowedIps', t('label.allowedIps'), addressesProblem),
    trustedProxies: text('trustedProxies', t('label.trustedProxies'), addressesProblem),
    handshake: free('handshake', t('label.handshake')),
    handshakeFields: group('handshakeFields', handshakeGroup),

    payload: free('payload', t('label.payload')),
    files: free('files', t('label.files')),
    filesFolder: {
      ...text('filesFolder', t('label.filesFolder'), (folder) =>
        folder.trim() === '' ? t('error.folderMissing') : undefined,
      ),
      patient: true,
    },
    rawBody: free('rawBody'),
    maxSize: number('maxSize', t('label.maxSize'), { min: 0.001, max: 1024 * 1024 }),
    split: free('split'),
    splitPath: text('splitPath', t('label.splitPath'), (path) =>
      path.trim() === '' ? undefined : jsonPathProblem(path),
    ),
    conditionBy: free('conditionBy'),
    condition: text('condition', t('label.condition'), conditionProblem),
    conditionMatch: free('conditionMatch'),
    conditionRules: field<Rule[]>('conditionRules', t('label.condition'), (rules) => rulesProblem(rules, t)),

    answer: free('answer', t('label.answer')),
    answerStatus: number('answerStatus', t('label.answerStatus'), status),
    answerHeaders: field<TypedRow[]>('answerHeaders', t('label.answerHeaders'), answerHeadersProblem),
    answerBody: text('answerBody', t('label.answerBody'), (body) => templateProblem(body, t)),
    answerTimeout: number('answerTimeout', t('label.answerTimeout'), { min: 0.001, max: day }),
    fallbackStatus: number('fallbackStatus', t('label.fallbackStatus'), status),
    fallbackBody: text('fallbackBody', t('label.fallbackBody'), (body) => templateProblem(body, t)),

    durable: free('durable'),
    acknowledge: free('acknowledge', t('label.acknowledge')),
    concurrency: number('concurrency', t('label.concurrency'), { min: 1, max: 10_000, whole: true }),
    doneTimeout: number('doneTimeout', t('label.doneTimeout'), { min: 0, max: 31 * day }),
    onDoneTimeout: free('onDoneTimeout', t('label.onDoneTimeout')),
    maxAttempts: number('maxAttempts', t('label.maxAttempts'), { min: 1, max: million, whole: true }),
    retryDelay: number('retryDelay', t('label.retryDelay'), { min: 0, max: 31 * day }),
    retryMaxDelay: number('retryMaxDelay', t('label.retryMaxDelay'), { min: 0, max: 31 * day }),
    repeatBy: free('repeatBy', t('label.repeatBy')),
    repeatName: {
      ...text('repeatName', t('label.repeatName'), (name, node) =>
        holds(node)('repeatBy') === 'header' ? headerProblem(name) : jsonPathProblem(name),
      ),
      patient: true,
    },
    repeatWindow: number('repeatWindow', t('label.repeatWindow'), { min: 0, max: 24 * 366 }),
    rateLimit: number('rateLimit', t('label.rateLimit'), { min: 0, max: million }),
    rateUnit: free('rateUnit'),
    rateBurst: number('rateBurst', t('label.rateBurst'), { min: 0, max: million }),
    inboxCount: number('inboxCount', t('label.inboxCount'), { min: 1, max: 100 * million, whole: true }),
    inboxSize: number('inboxSize', t('label.inboxSize'), { min: 0, max: million }),
    bodyTimeout: number('bodyTimeout', t('label.bodyTimeout'), { min: 0, max: day }),
    connection: {
      value: defaults.connection,
      type: 'http-connection',
      required: false,
      label: t('label.connection'),
    },
    subscription: group('subscription', subscriptionGroup),
    outputSample: free('outputSample'),
  } satisfies Record<Property, EditorProperty>,
  credentials: {
    secret: {
      type: 'password',
      validate(this: EditorNode, value: string, _options: object) {
        const use = value === '' ? secretUse(holds(this)) : undefined;
        return verdict(use?.needed ? t(`secretMissing.${use.kind}`) : undefined);
      },
    },
    secret2: { type: 'password' },
    secret3: { type: 'password' },
    verifyToken: {
      type: 'password',
      validate(this: EditorNode, value: string, _options: object) {
        const missing = value === '' && handshakeNeeds(holds(this)).verifyToken;
        return verdict(missing ? t('error.verifyTokenMissing') : undefined);
      },
    },
    stateKey: { type: 'password' },
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
    const copied = generatedToken(path, event) && rival(this, path);
    if (path === '' || copied) this.path = freshPath(event);
  },
  oneditprepare() {
    const root = $('.nrhc-webhook-trigger');
    const dialog = new Dialog(this, shape, root, t);
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((name) => [name, name] as const);
    dialog.add(
      checkGroup({
        property: 'methods',
        element: $('#nrhc-webhook-trigger-methods'),
        choices: methods,
        saved: dialog.config.methods,
      }),
    );
    urlFields(dialog, this);
    verificationTab(dialog, root);
    conditionFields(dialog);
    answerTab(dialog);
    deadLetters(this, dialog, root);
    subscriptionTab(dialog, root, () => groupContext(holds(this)));
    const listening = listenTab(this, dialog, root);
    shownFields(dialog, root);
    showTabs(root, t, () => dialog.resize());
    guide({ node: this, dialog, root, steps: webhookSteps(this, dialog, root, listening), t });
  },
  oneditsave() {
    const dialog = dialogOf(this) as Dialog<WebhookTriggerConfig> | undefined;
    if (!dialog) return;
    const value = holds(this);
    forgetUnusedSecrets(dialog, value, handshakeNeeds(value).verifyToken);
    if (handshakeNeeds(value).learns) ensureStateKey(dialog);
    for (const [property, range] of ranges) {
      const left = value(property);
      if (isUsed(property, value) || isEnvironment(left)) continue;
      // nobody would see it, and the runtime reads it all the same
      if (numberProblem(left, range, t)) dialog.set(property, asText(defaults[property]));
    }
    dialog.save();
  },
  oneditcancel() {
    dialogOf(this)?.close();
  },
  oneditresize() {
    dialogOf(this)?.resize();
  },
});
