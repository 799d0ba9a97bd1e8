import type { Texts } from './texts';

/**
 * Node-RED's tabs over the `.nrhc-tab` panes of a dialog, with the roles that Node-RED leaves out. The text
 * of a tab is `tab.` and the pane's `data-nrhc-tab`.
 */
export function showTabs(root: JQuery, t: Texts, onShow: () => void): void {
  const panes = root.find('.nrhc-tab');
  const tabs = RED.tabs.create({
    element: root.find('.nrhc-tabs'),
    onchange: ({ id }) => {
      panes.each((_, pane) => {
        pane.hidden = pane.id !== id;
      });
      root.find('[role="tab"]').each((_, tab) => {
        tab.setAttribute('aria-selected', String(tab.getAttribute('aria-controls') === id));
      });
      onShow();
    },
  });
  panes.each((_, pane) => {
    tabs.addTab({ id: pane.id, label: t(`tab.${pane.dataset.nrhcTab}`) });
    pane.setAttribute('role', 'tabpanel');
  });
  const list = root.find('ul.red-ui-tabs, .red-ui-tabs ul').first().attr('role', 'tablist');
  list.children('li').attr('role', 'presentation');
  list.find('a.red-ui-tab-label').each((index, link) => {
    const pane = panes[index]!;
    link.id = `${pane.id}-label`;
    link.setAttribute('role', 'tab');
    link.setAttribute('aria-controls', pane.id);
    link.setAttribute('aria-selected', String(index === 0));
    pane.setAttribute('aria-labelledby', link.id);
    // Node-RED's tabs answer to the mouse only, and take a second click within 0.4 s, on any tab, for a double click.
    link.addEventListener('click', () => tabs.activateTab(pane.id));
    link.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      tabs.activateTab(pane.id);
    });
  });
  tabs.activateTab(panes[0]!.id);
}
