/** Shows a page over the whole editor: `nrhcWidgets.show('tabs')`, or `?widget=tabs` behind the editor's address. */
import { mount, type Page } from './stage';

const panel = 'nrhc-widget-page';

export function offer(pages: Record<string, Page>): void {
  let ends: (() => void)[] = [];
  const show = (name: string) => {
    for (const end of ends) end();
    $(`#${panel}`).remove();
    const { texts, states } = pages[name]!;
    const page = $('<div>', { id: panel, class: 'red-ui-editor' }).css({
      position: 'fixed',
      inset: 0,
      zIndex: 20,
      overflow: 'auto',
      padding: '16px 24px',
      background: 'var(--red-ui-secondary-background)',
    });
    const form = $('<form>', { class: 'dialog-form form-horizontal' }).attr('autocomplete', 'off');
    form.css({
      display: 'grid',
      alignContent: 'start',
      margin: 0,
      gap: '24px 40px',
      gridTemplateColumns: 'repeat(auto-fill, minmax(500px, 1fr))',
    });
    page.append($('<h3>').text(name), form).appendTo(document.body);
    form.on('submit', (event) => event.preventDefault());
    ends = states.map((state, index) => mount(state, `${name}-${index}`, texts, form));
  };
  Object.assign(window, { nrhcWidgets: { names: Object.keys(pages), show } });
  const wanted = new URLSearchParams(location.search).get('widget');
  // the texts are there when the flows are
  if (wanted !== null) RED.events.on('flows:loaded', () => show(wanted));
}
