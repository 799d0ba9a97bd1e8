import type { Diagnosis } from '../../../src/connection/diagnose';
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import type { HttpConnectionConfig } from '../config';
import { t } from './checks';
import { post } from './endpoint';
import { valuesOf } from './values';

export interface TestPanel {
  /** What the button does. Never rejects; never ends when the dialog is closed before. */
  test: () => Promise<Diagnosis>;
  /** Calls `listener` with every outcome, whoever asked for it. */
  watch: (listener: (diagnosis: Diagnosis) => void) => void;
}

/** The *Test* button: one request with the values as they stand, and what came of it. */
export function testPanel(id: string, dialog: Dialog<HttpConnectionConfig>, root: JQuery): TestPanel {
  const button = root.find('.nrhc-test-button');
  const path = root.find('#nrhc-http-connection-test-path');
  const result = root.find('.nrhc-result');
  const listeners: ((diagnosis: Diagnosis) => void)[] = [];

  async function test(): Promise<Diagnosis> {
    button.prop('disabled', true);
    result.attr('class', 'nrhc-result nrhc-result-busy').text(t('test.running'));
    const body = { ...valuesOf(dialog), path: asText(path.val()).trim() };
    let diagnosis: Diagnosis;
    try {
      diagnosis = await post<Diagnosis>(`test/${encodeURIComponent(id)}`, body, dialog.closed);
    } catch (error) {
      diagnosis = { ok: false, message: (error as Error).message, hints: [], elapsed: 0 };
    }
    show(diagnosis);
    for (const listener of listeners) listener(diagnosis);
    button.prop('disabled', false);
    return diagnosis;
  }

  /** Everything as text: a server's words are not the editor's markup. */
  function show({ ok, message, hints, url, elapsed }: Diagnosis): void {
    result.empty().attr('class', `nrhc-result ${ok ? 'nrhc-result-ok' : 'nrhc-result-failed'}`);
    const line = $('<div>').appendTo(result);
    $('<i>', { class: `fa ${ok ? 'fa-check-circle' : 'fa-times-circle'}`, 'aria-hidden': 'true' }).appendTo(
      line,
    );
    $('<strong>')
      .text(ok ? t('test.ok') : t('test.failed'))
      .appendTo(line);
    $('<span>').text(message).appendTo(line);
    const place = [url && `GET ${url}`, elapsed > 0 && t('test.elapsed', { elapsed })].filter(Boolean);
    if (place.length > 0) $('<div>', { class: 'nrhc-result-url' }).text(place.join(' · ')).appendTo(result);
    if (hints.length === 0) return;
    const list = $('<ul>').appendTo(result);
    for (const hint of hints) $('<li>').text(hint).appendTo(list);
  }

  button.on('click', () => void test());
  path.on('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    if (!button.prop('disabled')) void test();
  });
  return { test, watch: (listener) => void listeners.push(listener) };
}
