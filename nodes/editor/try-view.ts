import type { Texts } from './texts';
import type { TriedAnswer, TriedMessage, TriedRequest, TryResult } from './try-result';

export interface TryViewOptions {
  /** An empty element. */
  element: JQuery;
  /** The property of a message that is shown unfolded. */
  property: () => string;
  /** Name of an output. */
  output: (index: number) => string;
  /** What the button beside the first message does; no button when it is left out. */
  keep?: (message: Record<string, unknown>) => void;
  t: Texts;
}

export interface TryView {
  show(result: TryResult): void;
  /** A sentence in place of a result. */
  say(sentence: string, failed: boolean): void;
  clear(): void;
}

/** The result of a request that was tried. Everything as text: a server's words are not the editor's markup. */
export function tryView({ element, property, output, keep, t }: TryViewOptions): TryView {
  // what came of it is said by a screen reader, all the rest is there to be read
  const state = $('<div>', { role: 'status' }).appendTo(element);
  const details = $('<div>').appendTo(element);

  function show(result: TryResult): void {
    state.empty().append(outcome(result));
    details.empty();
    if (result.requests.length > 0) {
      heading(t('try.sent')).appendTo(details);
      result.requests.forEach((request, index) => sent(request, index === 0).appendTo(details));
    }
    if (result.answer) {
      heading(t('try.answer')).appendTo(details);
      answered(result.answer).appendTo(details);
    }
    if (result.messages.length > 0) {
      heading(t('try.messages')).appendTo(details);
      result.messages.forEach((entry, index) => left(entry, index === 0).appendTo(details));
    }
    if (result.more > 0) {
      $('<div>', { class: 'nrhc-note' }).text(t('try.more')).appendTo(details);
    }
  }

  function outcome({ ok, code, message, elapsed, answer }: TryResult): JQuery {
    const status = answer ? `${answer.statusCode} ${answer.statusText}`.trim() : '';
    const said = ok ? [status, message] : [code, message];
    return outcomeBox(
      ok,
      said.filter(Boolean).join(' · '),
      t('try.elapsed', { elapsed: Math.round(elapsed) }),
    );
  }

  function outcomeBox(ok: boolean, sentence: string, small = ''): JQuery {
    const box = $('<div>', { class: `nrhc-result ${ok ? 'nrhc-result-ok' : 'nrhc-result-failed'}` });
    const line = $('<div>').appendTo(box);
    line.append(
      $('<i>', { class: `fa ${ok ? 'fa-check-circle' : 'fa-times-circle'}`, 'aria-hidden': 'true' }),
      $('<strong>').text(ok ? t('try.ok') : t('try.failed')),
      $('<span>').text(sentence),
    );
    if (small) $('<div>', { class: 'nrhc-result-url' }).text(small).appendTo(box);
    return box;
  }

  function sent({ method, url, headers, body, size }: TriedRequest, open: boolean): JQuery {
    const box = fold(`${method} ${url}`, open);
    box.append(headerList(headers));
    if (body) $('<pre>').text(body).appendTo(box);
    else if (size > 0)
      $('<div>', { class: 'nrhc-note' })
        .text(t('try.bytes', { size: sizeText(size) }))
        .appendTo(box);
    return box;
  }

  function answered({ statusCode, statusText, url, headers, size, body }: TriedAnswer): JQuery {
    const line = [`${statusCode} ${statusText}`, size === undefined ? '' : sizeText(size)];
    // what a server says of a failure is what is looked for
    const box = fold(line.filter(Boolean).join(' · '), body !== undefined);
    if (url) $('<div>', { class: 'nrhc-result-url' }).text(url).appendTo(box);
    box.append(headerList(headers ?? {}));
    if (body) $('<pre>').text(body).appendTo(box);
    return box;
  }

  function left({ output: index, message }: TriedMessage, first: boolean): JQuery {
    const box = $('<div>', { class: 'nrhc-try-message' });
    const line = $('<div>', { class: 'nrhc-try-output' })
      .append($('<span>').text(output(index)))
      .appendTo(box);
    if (first && keep) {
      $('<button>', { type: 'button', class: 'red-ui-button red-ui-button-small' })
        .text(t('try.keep'))
        .on('click', () => keep(message))
        .appendTo(line);
    }
    const tree = { key: 'msg', path: 'msg', rootPath: 'msg', expandPaths: [`${property()}.`] };
    RED.utils.createObjectElement(message, tree).appendTo(box);
    return box;
  }

  return {
    show,
    say: (sentence, failed) => {
      details.empty();
      const busy = () => $('<div>', { class: 'nrhc-result nrhc-result-busy' }).text(sentence);
      state.empty().append(failed ? outcomeBox(false, sentence) : busy());
    },
    clear: () => void state.add(details).empty(),
  };
}

function heading(text: string): JQuery {
  return $('<div>', { class: 'nrhc-heading' }).text(text);
}

function fold(summary: string, open: boolean): JQuery {
  return $('<details>', { class: 'nrhc-fold' }).prop('open', open).append($('<summary>').text(summary));
}

function headerList(headers: Record<string, string | string[]>): JQuery {
  const list = $('<dl>', { class: 'nrhc-header-list' });
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      list.append($('<dt>').text(name), $('<dd>').text(one));
    }
  }
  return list;
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
