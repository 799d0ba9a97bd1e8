import type { Texts } from '../texts';
import { button, icon } from './button';
import { dismiss, isDismissed } from './dismissed';

export interface BarOptions {
  bar: JQuery;
  node: EditorNode;
  /** Whether something is left to do. */
  left: boolean;
  start: () => void;
  t: Texts;
}

/** The line above the fields: it offers the guide on a new node, and has a button for it on every other. */
export function showBar(options: BarOptions): void {
  const { bar, node, left, start, t } = options;
  const offered = left && !isDeployed(node.id) && !isDismissed(node.type);
  bar.empty().toggleClass('nrhc-guide-offer', offered);
  if (offered) $('<span>').text(t('guide.offer')).appendTo(bar);
  button(offered ? t('guide.start') : t('guide.open'), start, 'red-ui-button-small nrhc-guide-start')
    .prepend(icon('fa-list-ol'), ' ')
    .appendTo(bar);
  if (!offered) return;
  const forget = () => {
    dismiss(node.type);
    showBar(options);
    bar.find('.nrhc-guide-start').trigger('focus');
  };
  button('', forget, 'red-ui-button-small nrhc-guide-dismiss')
    .attr({ 'aria-label': t('guide.dismiss'), title: t('guide.dismiss') })
    .append(icon('fa-times'))
    .appendTo(bar);
}

/** What is in the flows that the editor got from the runtime is nobody's new node. */
function isDeployed(id: string): boolean {
  return RED.nodes.originalFlow()?.some((node) => node.id === id) ?? false;
}
