import type { Texts } from '../texts';
import { partsOf, type AnswerPart } from './parts';

export interface PartChoiceOptions {
  /** Empty. */
  element: JQuery;
  /** The body of an answer. */
  value: unknown;
  /** The path that is chosen. */
  chosen: string;
  onChoose: (path: string) => void;
  /** Names the group. */
  label: string;
  t: Texts;
}

/** An answer as an outline of which one part is chosen: radio buttons, so that the arrow keys go through it. */
export function partChoice({ element, value, chosen, onChoose, label, t }: PartChoiceOptions): void {
  const box = $('<div>', { class: 'nrhc-guide-parts', role: 'radiogroup', 'aria-label': label });
  partsOf(value).forEach((part, index) => {
    const id = `nrhc-guide-part-${index}`;
    const row = $('<label>', { for: id }).css('padding-left', `${part.level * 16}px`);
    const radio = $('<input>', { type: 'radio', id, name: 'nrhc-guide-part', value: part.path })
      .prop('checked', part.path === chosen)
      .on('change', () => onChoose(part.path));
    const name = part.name ? $('<code>').text(part.name) : $('<strong>').text(t('guidePart.whole'));
    row.append(radio, name, $('<span>', { class: 'nrhc-note' }).text(lookOf(part, t)));
    row.appendTo(box);
  });
  box.appendTo(element);
}

function lookOf({ kind, count, preview }: AnswerPart, t: Texts): string {
  return preview ?? t(`guidePart.${kind}`, { count: count ?? 0 });
}
