/** A delivery as it came, and what was made of it. Everything as text: a sender's words are not the editor's markup. */
import { t } from './checks';
import type { Sample } from './listen-result';

export interface ListenView {
  show(sample: Sample): void;
  /** A sentence in place of a delivery. */
  say(sentence: string, failed: boolean): void;
  clear(): void;
}

/**
 * @param element an empty one
 * @param keep what the button beside the first message does
 */
export function listenView(element: JQuery, keep: (message: Record<string, unknown>) => void): ListenView {
  // what came of it is said by a screen reader, all the rest is there to be read
  const state = $('<div>', { role: 'status' }).appendTo(element);
  const details = $('<div>').appendTo(element);

  function show({ delivery, verdict, messages, count, received }: Sample): void {
    const time = new Date(received).toLocaleTimeString();
    state.empty().append(verdictBox(verdict, time));
    details.empty();
    if (delivery) details.append(heading(t('listen.delivery')), request(delivery));
    if (messages.length === 0) return;
    const title = count === 1 ? t('listen.message') : t('listen.messages', { shown: messages.length, count });
    details.append(heading(title));
    for (const [index, message] of messages.entries()) messageTree(message, index === 0).appendTo(details);
  }

  function messageTree(message: Record<string, unknown>, first: boolean): JQuery {
    const place = $('<div>', { class: 'nrhc-try-message' });
    if (first) {
      const line = $('<div>', { class: 'nrhc-buttons' }).appendTo(place);
      $('<button>', { type: 'button', class: 'red-ui-button red-ui-button-small' })
        .text(t('listen.keep'))
        .on('click', () => keep(message))
        .appendTo(line);
    }
    const tree = { key: 'msg', path: 'msg', rootPath: 'msg', expandPaths: ['payload.'] };
    return place.append(RED.utils.createObjectElement(message, tree));
  }

  return {
    show,
    say: (sentence, failed) => {
      details.empty();
      const busy = $('<div>', { class: 'nrhc-result nrhc-result-busy' }).text(sentence);
      state.empty().append(failed ? box(false, t('listen.failed'), sentence) : busy);
    },
    clear: () => void state.add(details).empty(),
  };
}

function verdictBox({ result, status, code = '', detail = '' }: Sample['verdict'], time: string): JQuery {
  const said = result === 'refused' ? `${code} · ${detail}` : t(`verdictText.${result}`);
  return box(result !== 'refused', t(`verdict.${result}`), said, t('listen.answered', { time, status }));
}

function box(ok: boolean, strong: string, sentence: string, small = ''): JQuery {
  const result = $('<div>', { class: `nrhc-result ${ok ? 'nrhc-result-ok' : 'nrhc-result-failed'}` });
  $('<div>')
    .append(
      $('<i>', { class: `fa ${ok ? 'fa-check-circle' : 'fa-times-circle'}`, 'aria-hidden': 'true' }),
      $('<strong>').text(strong),
      $('<span>').text(sentence),
    )
    .appendTo(result);
  if (small) $('<div>', { class: 'nrhc-result-url' }).text(small).appendTo(result);
  return result;
}

function request({ method, url, ip, headers, size, text }: NonNullable<Sample['delivery']>): JQuery {
  const fold = $('<details>', { class: 'nrhc-fold' }).prop('open', true);
  $('<summary>').text(`${method} ${url}`).appendTo(fold);
  const kind = size > 0 && text === undefined ? t('listen.binary', { size }) : t('listen.size', { size });
  $('<div>', { class: 'nrhc-result-url' })
    .text(`${t('listen.from', { ip })} · ${kind}`)
    .appendTo(fold);
  const list = $('<dl>', { class: 'nrhc-header-list' }).appendTo(fold);
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value ?? ''].flat()) list.append($('<dt>').text(name), $('<dd>').text(one));
  }
  if (text) $('<pre>').text(text).appendTo(fold);
  return fold;
}

function heading(text: string): JQuery {
  return $('<div>', { class: 'nrhc-heading' }).text(text);
}
