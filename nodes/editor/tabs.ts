import type { Texts } from './texts';

/**
 * The tabs over the `.nrhc-tab` panes of a dialog (WAI-ARIA Authoring Practices, "Tabs"): arrow keys go from one to the next, Home and
 * End to the first and the last. The text of a tab is `tab.` and the pane's `data-nrhc-tab`. Node-RED's own tabs answer to the
 * mouse only, and cut what does not fit into one line: these take a second one.
 */
export function showTabs(root: JQuery, t: Texts, onShow: () => void): void {
  const panes = root.find('.nrhc-tab').toArray();
  const tabs = panes.map((pane) =>
    $<HTMLButtonElement>('<button type="button" role="tab" class="nrhc-tab-label">')
      .attr({ id: `${pane.id}-label`, 'aria-controls': pane.id })
      .text(t(`tab.${pane.dataset.nrhcTab}`)),
  );
  const show = (shown: number): void => {
    for (const [index, tab] of tabs.entries()) {
      const isShown = index === shown;
      tab.attr({ 'aria-selected': String(isShown), tabindex: isShown ? 0 : -1 });
      panes[index]!.hidden = !isShown;
    }
    onShow();
  };
  const keys: Readonly<Record<string, (index: number) => number>> = {
    ArrowLeft: (index) => (index + tabs.length - 1) % tabs.length,
    ArrowRight: (index) => (index + 1) % tabs.length,
    Home: () => 0,
    End: () => tabs.length - 1,
  };
  for (const [index, tab] of tabs.entries()) {
    panes[index]!.setAttribute('role', 'tabpanel');
    panes[index]!.setAttribute('aria-labelledby', `${panes[index]!.id}-label`);
    tab.on('click', () => show(index));
    tab.on('keydown', (event) => {
      const to = keys[event.key]?.(index);
      if (to === undefined) return;
      event.preventDefault();
      show(to);
      tabs[to]!.trigger('focus');
    });
  }
  const list = root.find('.nrhc-tabs').attr('role', 'tablist');
  list.append(tabs.map((tab) => $('<li role="presentation">').append(tab)));
  show(0);
}
