/** The guided set-up of a webhook: its URL, a delivery, how that is verified, what the service is answered. */
import { presets } from '../../../src/webhook/verification/presets';
import type { Reason } from '../../../src/sample/reason';
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { button } from '../../editor/guide/button';
import type { GuidePlace, GuideStep } from '../../editor/guide/guide';
import { showSuggestions, type Suggestion } from '../../editor/guide/suggestions';
import type { WebhookTriggerConfig } from '../config';
import type { SuggestedFields } from '../suggested-fields';
import { secretSlots } from '../verification-config';
import { t } from './checks';
import { guideListener } from './guide-listen';
import { handshakeNeeds, routeMethods } from './handshake-choice';
import { isDeployed } from './deployed';
import type { ListenTab } from './listen';
import type { CheckResult, Sample } from './listen-result';
import { listenView } from './listen-view';
import { secretUse } from './secret-use';
import type { ValueOf } from './shape';

type Choice = 'url' | 'verification' | 'answer';

/** What a delivery is judged by. */
const judging = [
  'verification',
  'preset',
  'secretHeader',
  'queryParameter',
  'bodyTokenPath',
  'user',
  'signature',
  'jwt',
  'messageSignature',
  'publicUrl',
  'allowedIps',
  'trustedProxies',
  'handshake',
  'handshakeFields',
] as const satisfies readonly (keyof WebhookTriggerConfig)[];

export function webhookSteps(
  node: EditorNode,
  dialog: Dialog<WebhookTriggerConfig>,
  root: JQuery,
  tab: ListenTab,
): GuideStep[] {
  const value: ValueOf = (property) => dialog.value(property) ?? dialog.config[property];
  const text = (property: keyof WebhookTriggerConfig) => asText(value(property as never)).trim();
  const listener = guideListener(node, dialog);
  const chosen = new Set<Choice>(isDeployed(node) ? ['url'] : []);
  /** What the delivery that came was last found right by. */
  let checked: string | undefined;
  const inUse = () =>
    JSON.stringify([
      judging.map((property) => value(property)),
      secretSlots.map((slot) => dialog.input(slot).val()),
    ]);
  const url = () => root.find('#nrhc-webhook-trigger-url').text();

  function showUrl({ element, ...guide }: GuidePlace): void {
    const shown = $('<code>', { class: 'nrhc-guide-url' }).appendTo(element);
    for (const property of ['path', 'publicUrl']) dialog.watch(property, () => void shown.text(url()));
    if (isLocal(url())) warn(t('guide.local'), element);
    const copy: JQuery = guide.action(t('guide.copy'), () => {
      RED.clipboard.copyText(url(), copy, t('copy.done'));
      chosen.add('url');
      guide.say(t('copy.done'), 'ok');
    });
  }

  async function listen({ say, refresh, left }: GuidePlace, place: JQuery): Promise<void> {
    const why = tab.obstacle();
    if (why !== '') throw new Error(why);
    place.empty();
    const stop = new AbortController();
    const stopping = button(t('listen.stop'), () => stop.abort(), 'red-ui-button-small').appendTo(place);
    // the button that was pressed is off now
    stopping.trigger('focus');
    const ended = AbortSignal.any([left, stop.signal]);
    try {
      const sample = await listener.listen(ended, (until) => {
        say(t('guide.waiting', { time: new Date(until).toLocaleTimeString() }), 'busy');
      });
      if (left.aborted) return;
      checked = undefined;
      say(sample ? t('guide.received') : t('guide.nothingCame'), sample ? 'ok' : undefined);
      if (sample) received(sample, place);
    } finally {
      stopping.remove();
    }
    refresh();
  }

  function received(sample: Sample, place: JQuery): void {
    show(sample, place);
    const [message] = sample.messages;
    if (message && text('outputSample') === '') tab.keep(message);
  }

  function show(sample: Sample, place: JQuery): void {
    const { delivery } = sample;
    if (delivery && !routeMethods(value).includes(delivery.method)) {
      const add = () => {
        dialog.set('methods', [...(value('methods') as string[]), delivery.method]);
        box.remove();
      };
      const box = $('<div>').appendTo(place);
      const title = t('guide.addMethod', { method: delivery.method });
      showSuggestions(box, [{ title, reason: t('guide.otherMethod'), take: add }], t('guide.use'));
    }
    listenView($('<div>', { class: 'nrhc-listen-result' }).appendTo(place), (message) =>
      tab.keep(message),
    ).show(sample);
    // what came is to be seen without the way to the next step going out of sight
    place.find('.nrhc-fold').prop('open', false);
    // "the verification let it pass" says nothing where there is none
    if (text('verification') === 'none') place.find('.nrhc-result-ok').remove();
  }

  function offers(guide: GuidePlace): Suggestion[] {
    return (listener.sample()?.suggestions ?? []).map(({ fields, reasons }) => ({
      title: titleOf(fields),
      reason: sentences(reasons, 'guideReason'),
      take: () => {
        fill(dialog, fields);
        chosen.add('verification');
        dialog.showProblems();
        guide.refresh();
        const use = secretUse(value);
        if (!use?.needed) return guide.say(t('guide.taken'), 'ok');
        guide.say(t(`guideEnter.${use.kind}`));
        guide.toField();
      },
    }));
  }

  async function check(guide: GuidePlace, place: JQuery): Promise<void> {
    place.empty();
    const of = inUse();
    const result = await listener.check();
    const { detail = '', found } = result;
    if (result.result !== 'refused') {
      checked = of;
      guide.refresh();
      return guide.say(t(`guideCheck.${result.result}`), result.result === 'unchecked' ? undefined : 'ok');
    }
    guide.say(found ? t('guideCheck.almost') : t('guideCheck.refused', { detail }), 'failed');
    if (found) correct(guide, place, found);
  }

  /** The delivery is right by other values than those that are set. */
  function correct(guide: GuidePlace, place: JQuery, found: NonNullable<CheckResult['found']>): void {
    const take = () => {
      dialog.set('signature', found.fields);
      dialog.showProblems();
      check(guide, place).catch((error: unknown) => guide.say((error as Error).message, 'failed'));
    };
    const reason = sentences(found.differs, 'guideDiffers');
    showSuggestions(place, [{ title: t('guide.correct'), reason, take }], t('guide.use'));
  }

  function isVerified(): boolean {
    if (text('verification') === 'none') return chosen.has('verification');
    const filled = (name: string) => dialog.input(name).val() !== '';
    if (secretUse(value)?.needed && !secretSlots.some(filled)) return false;
    if (handshakeNeeds(value).verifyToken && !filled('verifyToken')) return false;
    return listener.sample() === undefined || checked === inUse();
  }

  return [
    {
      id: 'url',
      title: t('guide.url'),
      text: t('guide.urlText'),
      fields: () => dialog.input('event').add(dialog.input('path')),
      render: showUrl,
      done: () => chosen.has('url') || listener.sample() !== undefined,
      optional: true,
    },
    {
      id: 'delivery',
      title: t('guide.delivery'),
      text: t('guide.deliveryText'),
      render: (guide) => {
        guide.action(t('listen.start'), () => listen(guide, place));
        const place = $('<div>', { class: 'nrhc-guide-delivery' }).appendTo(guide.element);
        const before = listener.sample();
        if (before) show(before, place);
      },
      done: () => listener.sample() !== undefined || text('outputSample') !== '',
      optional: true,
    },
    {
      id: 'verification',
      title: t('guide.verification'),
      text: t('guide.verificationText'),
      fields: () =>
        root.find(
          '#node-input-verification, #node-input-preset-search, #node-input-secretHeader, #node-input-queryParameter, ' +
            '#node-input-bodyTokenPath, #node-input-user, #nrhc-jwt-jwksUrl, [data-nrhc-secret="secret"] :is(input, textarea), ' +
            '#node-input-verifyToken',
        ),
      render: (guide) => {
        const { element } = guide;
        if (!listener.sample()) return guide.say(t('guide.noDelivery'));
        showSuggestions($('<div>').appendTo(element), offers(guide), t('guide.use'));
        guide.action(t('guide.check'), () => check(guide, place));
        const place = $('<div>').appendTo(element);
      },
      done: isVerified,
    },
    {
      id: 'answer',
      title: t('guide.answer'),
      text: t('guide.answerText'),
      fields: () => dialog.input('answer').add(dialog.input('answerStatus')),
      render: (guide) => {
        const offer = (answer: WebhookTriggerConfig['answer']): Suggestion => ({
          title: t(`guideAnswer.${answer}`),
          reason: t(`guideAnswer.${answer}Reason`),
          take: () => {
            dialog.set('answer', answer);
            chosen.add('answer');
            guide.refresh();
            guide.say(t('guide.taken'), 'ok');
          },
        });
        showSuggestions(guide.element, [offer('at-once'), offer('flow')], t('guide.use'));
      },
      done: () => text('answer') !== 'at-once' || chosen.has('answer'),
      optional: true,
    },
  ];
}

function titleOf({ verification, preset }: SuggestedFields): string {
  return preset ? presets[preset].label : t(`guideKind.${verification}`);
}

/** Groups keep the fields that are not said. */
function fill(dialog: Dialog<WebhookTriggerConfig>, fields: SuggestedFields): void {
  const { verification, ...others } = fields;
  dialog.set('verification', verification);
  for (const [property, value] of Object.entries(others)) dialog.set(property, value);
}

function sentences(reasons: readonly Reason[], section: 'guideReason' | 'guideDiffers'): string {
  const say = ({ code, values }: Reason) =>
    section === 'guideReason' ? t(`guideReason.${code}`, values) : t(`guideDiffers.${code}`, values);
  return reasons.map(say).join(' ');
}

function warn(sentence: string, element: JQuery): void {
  $('<div>', { class: 'nrhc-preview-warning' })
    .append(
      $('<i>', { class: 'fa fa-exclamation-triangle', 'aria-hidden': 'true' }),
      $('<span>').text(sentence),
    )
    .appendTo(element);
}

/** An address that nobody on the internet reaches. */
function isLocal(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  const own = /^(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[::1\]|\[f[cd])/;
  return own.test(hostname) || hostname.endsWith('.local') || !/[.:]/.test(hostname);
}
