/**
 * The secrets: up to three are active at once, so that one can replace another. A public key has several lines, which a
 * password field would drop, so the field changes with what it is for. Node-RED fills and reads the fields by their ids.
 */
import { stored } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { secretText } from '../../editor/secret-text';
import { secretSlots } from '../verification-config';
import type { WebhookTriggerConfig } from '../config';
import { t } from './checks';
import { secretUse, type SecretKind } from './secret-use';
import type { ValueOf } from './shape';

/** @returns what follows the choices */
export function secretFields(dialog: Dialog<WebhookTriggerConfig>, root: JQuery, value: ValueOf): () => void {
  const more = root.find('.nrhc-secret-more');
  let asked = 1;

  const field = (slot: string) => dialog.input(slot);
  const rowOf = (slot: string) => root.find(`[data-nrhc-secret="${slot}"]`);
  const isFilled = (slot: string) => field(slot).val() !== '';

  /** Rows that are to be seen: those that hold something, and those that were asked for. */
  function wanted(): number {
    return Math.max(asked, secretSlots.findLastIndex((slot) => isFilled(slot)) + 1);
  }

  function refresh(): void {
    const use = secretUse(value);
    const count = use ? wanted() : 0;
    for (const [index, slot] of secretSlots.entries()) {
      const row = rowOf(slot).prop('hidden', index >= count);
      if (!use) continue;
      const label = index === 0 ? t(`secretKind.${use.kind}`) : t(`secretNext.${use.kind}`);
      row.find('.nrhc-secret-label').text(label);
      show(slot, use.kind, label);
    }
    showMore();
    more.find('button').text(t(`secretAdd.${use?.kind ?? 'secret'}`));
  }

  function show(slot: string, kind: SecretKind, label: string): void {
    const isOpen = kind === 'public-key' || kind === 'topic';
    const row = rowOf(slot);
    const shownId = `nrhc-webhook-trigger-${slot}-text`;
    row.children('label').attr('for', isOpen ? shownId : `node-input-${slot}`);
    if (field(slot).is('textarea') !== isOpen) {
      row.children(`#${shownId}`).remove();
      const next = exchange(field(slot), isOpen);
      next.on('input change', showMore);
      if (isOpen) {
        const shown = $('<textarea>', { id: shownId }).attr({ autocomplete: 'off', spellcheck: 'false' });
        shown.insertAfter(next);
        secretText(next, shown, { none: '', stored: '' });
      }
    }
    const shown = isOpen ? row.children(`#${shownId}`) : field(slot);
    const placeholder = field(slot).val() === stored ? 'stored' : isOpen ? kind : 'none';
    shown.attr({ placeholder: t(`placeholder.${placeholder}`), 'aria-label': label });
    if (isOpen) shown.attr('rows', kind === 'topic' ? 2 : 4);
  }

  const showMore = () => more.prop('hidden', !secretUse(value) || wanted() >= secretSlots.length);

  more.find('button').on('click', () => {
    asked = wanted() + 1;
    refresh();
    rowOf(secretSlots[asked - 1]!)
      .find('input, textarea')
      .not('[hidden]')
      .trigger('focus');
  });
  return refresh;
}

/** Puts a field of the other kind in the place of one, with its value; lines that a password field drops come back. */
function exchange(before: JQuery, toText: boolean): JQuery {
  const id = before.attr('id')!;
  const value = String(before.val());
  const lines = before.data('nrhcLines') as string | undefined;
  const next = toText
    ? $('<textarea>', { id, hidden: true }).val(lines?.replace(/[\r\n]/g, '') === value ? lines : value)
    : $('<input>', { type: 'password', id }).attr('autocomplete', 'new-password').val(value);
  before.replaceWith(next.data('nrhcLines', value));
  return next;
}

/** Empties what is not looked at, so that Node-RED forgets it. */
export function forgetUnusedSecrets(
  dialog: Dialog<WebhookTriggerConfig>,
  value: ValueOf,
  verifyToken: boolean,
): void {
  if (!secretUse(value)) for (const slot of secretSlots) dialog.input(slot).val('');
  if (!verifyToken) dialog.input('verifyToken').val('');
}

/** What a handshake brings is encrypted with it. Made here, because Node-RED writes credentials with a deploy only. */
export function ensureStateKey(dialog: Dialog<WebhookTriggerConfig>): void {
  const input = dialog.input('stateKey');
  if (input.val() !== '') return;
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  input.val(btoa(String.fromCharCode(...bytes)));
}
