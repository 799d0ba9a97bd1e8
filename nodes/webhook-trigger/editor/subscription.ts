/** The *Subscription* tab: what the service is sent so that it calls the webhook, and so that it stops. */
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { fieldGroup, type GroupDescription, type GroupItem } from '../../editor/field-group';
import { jsonTemplateProblem } from '../../editor/json-template-check';
import { templateProblem } from '../../editor/template-checks';
import type { WebhookTriggerConfig } from '../config';
import { subscriptionDefaults, type SubscriptionFields } from '../subscription-config';
import { jsonPathProblem, t } from './checks';
import type { GroupContext } from './groups';
import type { ValueOf } from './shape';

type Item = GroupItem<SubscriptionFields, GroupContext>;
type Shown = (values: SubscriptionFields) => boolean;

/** The names of one request's fields. */
interface Names {
  method: keyof SubscriptionFields;
  url: keyof SubscriptionFields;
  kind: keyof SubscriptionFields;
  body: keyof SubscriptionFields;
  form: keyof SubscriptionFields;
}

const methods = ['POST', 'PUT', 'PATCH', 'GET', 'DELETE'];
const always: Shown = () => true;

/** What is sent without the node's secret, because it is kept. */
const secretIn = /\{\{[{&#^]?\s*(?:secret[23]?|verifyToken)\s*\}/;

function textProblem(text: string, isKept: boolean): string | undefined {
  return isKept && secretIn.test(text) ? t('error.keptSecret') : templateProblem(text, t);
}

/** Method, URL and body of a request. @param place of its texts, where they differ */
function requestItems(names: Names, shown: Shown, texts: Partial<Item>, isKept = false): Item[] {
  const is = (kind: string) => (values: SubscriptionFields) => shown(values) && values[names.kind] === kind;
  return [
    { name: names.method, icon: 'tasks', label: 'label.requestMethod', options: methods, shown },
    {
      name: names.url,
      icon: 'globe',
      label: 'label.url',
      shown,
      problem: (url: string) => textProblem(url, isKept),
      ...texts,
    },
    {
      name: names.kind,
      icon: 'file-code-o',
      label: 'label.requestBody',
      options: ['none', 'json', 'form'],
      text: (kind: string) => t(`requestBody.${kind}`),
      shown,
    },
    {
      name: names.body,
      icon: 'code',
      label: 'label.requestJson',
      long: true,
      shown: is('json'),
      hint: isKept ? 'hint.requestJsonKept' : 'hint.requestJson',
      problem: (body: string) =>
        (isKept && secretIn.test(body) ? t('error.keptSecret') : undefined) ?? jsonTemplateProblem(body, t),
    },
    {
      name: names.form,
      icon: 'list',
      label: 'label.requestForm',
      table: 'parameter',
      empty: 'empty.fields',
      shown: is('form'),
    },
  ];
}

const same = <V>(values: V): V => values;
const renewed: Shown = ({ renewal }) => renewal !== 'never';
const byRequest: Shown = ({ renewal }) => renewal === 'request';
const pathProblem = (path: string) => (path === '' ? undefined : jsonPathProblem(path));

export const subscriptionGroup: GroupDescription<SubscriptionFields, SubscriptionFields, GroupContext> = {
  property: 'subscription',
  defaults: subscriptionDefaults.subscription,
  view: same,
  saved: same,
  places: {
    subscription: [
      { heading: 'heading.subscribe' },
      ...requestItems(
        { method: 'method', url: 'url', kind: 'bodyKind', body: 'body', form: 'form' },
        always,
        { hint: 'hint.subscribeUrl', missing: 'error.subscribeUrl', placeholder: '/hooks' },
      ),
      {
        name: 'headers',
        icon: 'bookmark-o',
        label: 'label.subscriptionHeaders',
        table: 'header',
        empty: 'empty.subscriptionHeaders',
      },
      {
        name: 'idPath',
        icon: 'id-card-o',
        label: 'label.idPath',
        hint: 'hint.idPath',
        placeholder: 'id',
        problem: pathProblem,
      },
      {
        name: 'listUrl',
        icon: 'list-ul',
        label: 'label.listUrl',
        hint: 'hint.listUrl',
        placeholder: '/hooks?per_page=100',
        problem: (url) => textProblem(url, true),
      },
      { heading: 'heading.renew' },
      {
        name: 'renewal',
        icon: 'repeat',
        label: 'label.renewal',
        options: ['never', 'request', 'again'],
        text: (renewal) => t(`renewal.${renewal}`),
        hint: ({ renewal }) => t(`renewalHint.${renewal}`),
      },
      {
        name: 'expiryPath',
        icon: 'calendar-times-o',
        label: 'label.expiryPath',
        hint: 'hint.expiryPath',
        placeholder: 'expirationDateTime',
        shown: renewed,
        problem: pathProblem,
      },
      {
        name: 'lifetime',
        icon: 'clock-o',
        label: 'label.lifetime',
        hint: 'hint.lifetime',
        range: { min: 0, max: 24 * 366 * 10 },
        unit: 'unit.hours',
        shown: renewed,
      },
      ...requestItems(
        {
          method: 'renewMethod',
          url: 'renewUrl',
          kind: 'renewBodyKind',
          body: 'renewBody',
          form: 'renewForm',
        },
        byRequest,
        { hint: 'hint.renewUrl', missing: 'error.renewUrl', placeholder: '/hooks/{{id}}' },
      ),
      { heading: 'heading.unsubscribe' },
      ...requestItems(
        { method: 'endMethod', url: 'endUrl', kind: 'endBodyKind', body: 'endBody', form: 'endForm' },
        always,
        { hint: 'hint.endUrl', placeholder: '/hooks/{{id}}' },
        true,
      ),
    ],
  },
};

/** Whether the node subscribes by itself. */
export function subscribes(value: ValueOf): boolean {
  return !['', '_ADD_'].includes(asText(value('connection')));
}

/** A service must be told a URL that it can call. */
export function callbackProblem(publicUrl: string, value: ValueOf): string | undefined {
  return publicUrl.trim() === '' && subscribes(value) ? t('error.callback') : undefined;
}

/** @param context what the groups of the dialog depend on */
export function subscriptionTab(
  dialog: Dialog<WebhookTriggerConfig>,
  root: JQuery,
  context: () => GroupContext,
): void {
  const saved = { ...subscriptionDefaults.subscription, ...dialog.config.subscription };
  dialog.add(fieldGroup(subscriptionGroup, root, saved, context, t));
  const value: ValueOf = (property) => dialog.value(property) ?? dialog.config[property];
  const warning = root.find('.nrhc-callback-needed');
  const follow = () =>
    void warning.prop('hidden', callbackProblem(asText(value('publicUrl')), value) === undefined);
  for (const property of ['connection', 'publicUrl'] as const)
    dialog.input(property).on('input change', follow);
  follow();
}
