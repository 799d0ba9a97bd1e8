import type { Texts } from './texts';

/** Makes `button` copy what `text` says at that moment. */
export function copyButton(button: JQuery, text: () => string, t: Texts): void {
  const label = t('copy.label');
  button.attr('aria-label', label);
  RED.popover.tooltip(button, label);
  button.on('click', (event) => {
    event.preventDefault();
    RED.clipboard.copyText(text(), button, t('copy.done'));
  });
}
