import { stored } from './checks';

/**
 * A secret of several lines, such as a private key in PEM: a password field would drop its line breaks. Node-RED fills
 * and reads `field`, which is hidden; what is typed goes there, and while nothing is typed what is stored stays.
 */
export function secretText(
  field: JQuery,
  shown: JQuery,
  placeholder: { none: string; stored: string },
): void {
  const before = String(field.val());
  shown.attr('placeholder', before === stored ? placeholder.stored : placeholder.none);
  if (before !== stored) shown.val(before);
  shown.on('input', () => {
    const typed = String(shown.val());
    field.val(typed === '' && before === stored ? stored : typed).trigger('change');
  });
}
