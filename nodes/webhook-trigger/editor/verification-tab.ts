/** The *Verification* tab: how a sender proves itself, with which secrets, from where, and its handshake. */
import { handshakeIds, handshakes } from '../../../src/webhook/handshakes/presets';
import { presets, type Preset } from '../../../src/webhook/verification/presets';
import { asText, isEnvironment } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { fieldGroup } from '../../editor/field-group';
import { searchSelect } from '../../editor/search-select';
import { verificationDefaults, type SignatureFields } from '../verification-config';
import type { WebhookTriggerConfig } from '../config';
import { publicUrlProblem, t } from './checks';
import { handshakeGroup, jwtGroup, messageGroup, type GroupContext } from './groups';
import {
  genericHandshake,
  genericHandshakes,
  handshakeNeeds,
  knownHandshakes,
  presetOf,
} from './handshake-choice';
import { secretFields } from './secret-fields';
import { secretUse } from './secret-use';
import type { ValueOf } from './shape';
import { algorithmLabel, coversUrl, signatureGroup } from './signature-group';
import { exampleScheme, signedExample, type ExampleScheme } from './signed-example';
import { publicUrl, targetOf } from './url-fields';

/** What groups depend on, of a node or of its dialog. */
export function groupContext(value: ValueOf): GroupContext {
  return {
    verification: asText(value('verification')),
    handshake: genericHandshake(value),
    websub: handshakeNeeds(value).topic,
  };
}

export function verificationTab(dialog: Dialog<WebhookTriggerConfig>, root: JQuery): void {
  const value: ValueOf = (property) => dialog.value(property) ?? dialog.config[property];
  offerPresets(dialog);
  offerHandshakes(dialog);
  const context = () => groupContext(value);
  const { signature, jwt, messageSignature, handshakeFields } = verificationDefaults;
  const { config } = dialog;
  const groups = [
    dialog.add(fieldGroup(signatureGroup, root, { ...signature, ...config.signature }, context, t)),
    dialog.add(fieldGroup(jwtGroup, root, { ...jwt, ...config.jwt }, context, t)),
    dialog.add(
      fieldGroup(messageGroup, root, { ...messageSignature, ...config.messageSignature }, context, t),
    ),
    dialog.add(
      fieldGroup(handshakeGroup, root, { ...handshakeFields, ...config.handshakeFields }, context, t),
    ),
  ];
  const showSecrets = secretFields(dialog, root, value);

  function follow(): void {
    for (const group of groups) group.refresh();
    showSecrets();
    const kind = asText(value('verification'));
    root.find('.nrhc-verification-hint').text(t(`verificationHint.${kind}`));
    const preset = presetOf(value);
    showPreset(root.find('.nrhc-preset-hint'), preset);
    root.find('.nrhc-secret-hint').text(secretHint(value, preset));
    showExample(root, value, preset);
    root.find('.nrhc-handshake-hint').text(handshakeHint(value));
    root.find('[data-nrhc-for="verifyToken"]').prop('hidden', !handshakeNeeds(value).verifyToken);
  }
  for (const group of groups) group.watch(follow);
  for (const property of ['verification', 'preset', 'handshake', 'payload', 'publicUrl', 'path'] as const) {
    dialog.input(property).on('input change', follow);
  }
  follow();
}

function offerPresets(dialog: Dialog<WebhookTriggerConfig>): void {
  searchSelect({
    field: dialog.input('preset'),
    choices: Object.entries<Preset>(presets)
      .map(([value, { label }]) => ({ value, text: label }))
      .sort((one, other) => one.text.localeCompare(other.text, 'en')),
    labelledBy: 'nrhc-webhook-trigger-preset-label',
    describedBy: 'nrhc-webhook-trigger-preset-hint',
    placeholder: t('placeholder.preset'),
    nothing: t('empty.presets'),
  });
}

function offerHandshakes(dialog: Dialog<WebhookTriggerConfig>): void {
  const select = dialog.input('handshake');
  const groups = [
    ['general', genericHandshakes.map((id) => [id, t(`handshake.${id}`)] as const)],
    ['services', handshakeIds.map((id) => [id, handshakes[id].label] as const)],
  ] as const;
  for (const [name, options] of groups) {
    const group = $('<optgroup>', { label: t(`handshakeGroup.${name}`) }).appendTo(select);
    for (const [value, text] of options) $('<option>', { value }).text(text).appendTo(group);
  }
  const saved = dialog.config.handshake;
  // one that is not known here stays
  if (select.find(`option[value="${saved}"]`).length === 0)
    $('<option>', { value: saved }).text(saved).appendTo(select);
  select.val(saved);
}

/** What is known of a service: where it is described, and by what its repeats are known. */
function showPreset(place: JQuery, preset: Preset | undefined): void {
  place.empty();
  if (!preset) return void place.text(t('hint.preset'));
  const id = preset.eventId;
  if (id) {
    const name =
      'header' in id ? t('preset.header', { name: id.header }) : t('preset.path', { name: id.path });
    place.append(document.createTextNode(`${t('preset.eventId', { place: name })} `));
  }
  $('<a>', { href: `https://${preset.source}`, target: '_blank', rel: 'noopener' })
    .text(t('preset.source', { host: preset.source.split('/')[0]! }))
    .appendTo(place);
}

function secretHint(value: ValueOf, preset: Preset | undefined): string {
  const use = secretUse(value);
  if (!use) return '';
  if (preset) return t('preset.secret', { service: preset.label, secret: preset.secret });
  return use.needed ? t(`secretHint.${use.kind}`) : t('secretHint.learned');
}

/** The scheme that is chosen, be it a service's or described. */
function schemeOf(value: ValueOf, preset: Preset | undefined): ExampleScheme | undefined {
  if (preset?.verification.kind === 'signature') return preset.verification.scheme;
  return value('verification') === 'signature'
    ? exampleScheme(value('signature') as SignatureFields)
    : undefined;
}

function showExample(root: JQuery, value: ValueOf, preset: Preset | undefined): void {
  const scheme = schemeOf(value, preset);
  const row = root.find('.nrhc-example').prop('hidden', !scheme);
  const warning = root.find('.nrhc-public-url-needed');
  warning.prop('hidden', !needsPublicUrl(value, scheme));
  if (!scheme) return;
  const told = asText(value('publicUrl')).trim();
  const isUrl = told !== '' && !isEnvironment(told) && publicUrlProblem(told) === undefined;
  const path = asText(value('path'));
  const url = isUrl ? publicUrl(told, path) : `https://example.com${targetOf(path)}`;
  const { headers, body, signed } = signedExample(scheme, url);
  row
    .find('.nrhc-example-sent')
    .text([...headers.map(([name, text]) => `${name}: ${text}`), '', body].join('\n'));
  row.find('.nrhc-example-signed').text(signed);
  const algorithm =
    preset?.verification.kind === 'signature' ? preset.verification.scheme.algorithm : undefined;
  const own = (value('signature') as SignatureFields).algorithm;
  row.find('.nrhc-example-by').text(t('example.by', { algorithm: algorithmLabel(algorithm ?? own) }));
}

/** Behind a proxy the URL that was signed is not the one that arrives. */
function needsPublicUrl(value: ValueOf, scheme: ExampleScheme | undefined): boolean {
  const covered =
    value('verification') === 'message-signature' || (scheme !== undefined && coversUrl(scheme.text));
  return covered && asText(value('publicUrl')).trim() === '';
}

function handshakeHint(value: ValueOf): string {
  const choice = asText(value('handshake'));
  if (choice === 'none') return t('hint.handshakeNone');
  const generic = genericHandshake(value);
  if (generic) return t(`handshakeHint.${generic}`);
  const known = knownHandshakes(value).map((id) => handshakes[id].label);
  if (choice !== '') return t('hint.handshakeService');
  return known.length === 0 ? t('hint.handshakeNothing') : t('hint.handshakeOwn', { list: known.join(', ') });
}
