/** The panel in which a cURL command is pasted, and what the import has to say about it. */
import { CurlError, parseCurl, type CurlNote, type CurlRequest } from '../../src/sample/curl';
import type { Texts } from './texts';

export interface CurlImportOptions {
  /** An empty element: it gets the button and the panel. */
  element: JQuery;
  /**
   * Takes what was imported over.
   *
   * @returns the notes to show: the request's own, and what came up in taking it over
   */
  onImport: (request: CurlRequest) => readonly CurlNote[];
  /** The panel opens or closes: what is below it moves. */
  onResize?: () => void;
  t: Texts;
}

/** A button *Import cURL* that opens a panel below it. */
export function curlImport({ element, onImport, onResize, t }: CurlImportOptions): void {
  const id = `${element.attr('id') ?? 'nrhc'}-curl`;
  const open = $('<button>', { type: 'button', class: 'red-ui-button nrhc-curl-open' })
    .attr({ 'aria-expanded': 'false', 'aria-controls': id })
    .append($('<i>', { class: 'fa fa-terminal', 'aria-hidden': 'true' }), ' ')
    .append($('<span>').text(t('curl.open')));
  const label = $('<label>', { for: `${id}-text` }).text(t('curl.label'));
  const command = $('<textarea>', {
    id: `${id}-text`,
    rows: 6,
    spellcheck: 'false',
    placeholder: t('curl.placeholder'),
    'aria-describedby': `${id}-hint ${id}-problem`,
    // among the properties this would call the widget of that name
  }).attr('autocomplete', 'off');
  const hint = $('<div>', { id: `${id}-hint`, class: 'nrhc-hint' }).text(t('curl.hint'));
  const problem = $('<div>', { id: `${id}-problem`, class: 'nrhc-problem', role: 'alert', hidden: true });
  const take = $('<button>', { type: 'button', class: 'red-ui-button nrhc-curl-import' }).text(
    t('curl.import'),
  );
  const cancel = $('<button>', { type: 'button', class: 'red-ui-button nrhc-curl-cancel' }).text(
    t('curl.cancel'),
  );
  const buttons = $('<div>', { class: 'nrhc-pair nrhc-curl-buttons' }).append(take, cancel);
  const panel = $('<div>', { id, class: 'nrhc-curl', role: 'group', 'aria-label': t('curl.label') })
    .prop('hidden', true)
    .append(label, command, hint, problem, buttons);
  const result = $('<div>', { class: 'nrhc-result nrhc-curl-result', role: 'status', 'aria-live': 'polite' });
  element.append(open, panel, result);

  function show(opened: boolean): void {
    panel.prop('hidden', !opened);
    open.attr('aria-expanded', String(opened));
    complain(undefined);
    if (opened) {
      result.empty().attr('class', 'nrhc-result nrhc-curl-result');
      command.trigger('focus');
    } else {
      // a command holds secrets: it does not stay in the page
      command.val('');
      open.trigger('focus');
    }
    onResize?.();
  }

  function complain(sentence: string | undefined): void {
    problem.text(sentence ?? '').prop('hidden', sentence === undefined);
    command
      .toggleClass('input-error', sentence !== undefined)
      .attr('aria-invalid', String(sentence !== undefined));
  }

  function run(): void {
    let request: CurlRequest;
    try {
      request = parseCurl(String(command.val()));
    } catch (error) {
      if (!(error instanceof CurlError)) throw error;
      complain(t(`curlError.${error.code}`, error.values));
      command.trigger('focus');
      onResize?.();
      return;
    }
    const notes = onImport(request);
    show(false);
    tell(notes);
    onResize?.();
  }

  /** Everything as text: a command from elsewhere is not the editor's markup. */
  function tell(notes: readonly CurlNote[]): void {
    result.empty().attr('class', 'nrhc-result nrhc-curl-result nrhc-result-ok');
    $('<div>')
      .append($('<i>', { class: 'fa fa-check-circle', 'aria-hidden': 'true' }))
      .append($('<strong>').text(t('curl.done')))
      .append($('<span>').text(notes.length > 0 ? t('curl.look') : ''))
      .appendTo(result);
    if (notes.length === 0) return;
    const list = $('<ul>').appendTo(result);
    for (const { code, values } of notes)
      $('<li>')
        .text(t(`curlNote.${code}`, values))
        .appendTo(list);
  }

  open.on('click', () => show(panel.prop('hidden') === true));
  take.on('click', run);
  cancel.on('click', () => show(false));
  panel.on('keydown', (event) => {
    if (event.key === 'Escape') show(false);
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run();
    else return;
    // Escape closes this panel and not the dialog around it
    event.preventDefault();
    event.stopPropagation();
  });
}
