/** What a poll would do, for the eye. Everything as text: a server's words are not the editor's markup. */
import { t } from './checks';
import { cursorShown } from './preview-message';
import type { Preview, PreviewRecord, PreviewResult } from './preview-result';
import { keyOf } from './shown-fields';

/** A preview has no more records than these. */
const mostShown = 100;

/** What the view needs to know of the settings. */
export interface PreviewSettings {
  hasCursor: boolean;
  /** Most records that leave at one poll; 0 for no limit. */
  perPoll: number;
}

export interface PreviewView {
  show(result: PreviewResult, settings: PreviewSettings): void;
  /** A sentence in place of a result. */
  say(sentence: string, failed: boolean): void;
  clear(): void;
}

/**
 * @param element an empty one
 * @param keep what the button beside the summary does
 */
export function previewView(element: JQuery, keep: (preview: Preview) => void): PreviewView {
  function show({ ok, code, message, elapsed, preview }: PreviewResult, settings: PreviewSettings): void {
    element.empty();
    if (!ok || !preview) {
      const said = [code, message].filter(Boolean).join(' · ');
      box(false, t('preview.failed'), said, elapsedText(elapsed)).appendTo(element);
      return;
    }
    const { found, firing } = preview;
    const small = [
      preview.requests === 1 ? t('preview.request') : t('preview.requests', { count: preview.requests }),
      elapsedText(elapsed),
    ].join(' · ');
    const summary = box(
      true,
      found === 1 ? t('preview.foundOne') : t('preview.found', { count: found }),
      firing === 0 ? t('preview.fireNone') : t('preview.fire', { count: firing }),
      small,
    ).appendTo(element);
    if (preview.records.length > 0) {
      $('<button>', { type: 'button', class: 'red-ui-button red-ui-button-small nrhc-preview-keep' })
        .text(t('preview.keep'))
        .on('click', () => keep(preview))
        .appendTo(summary);
    }
    for (const note of notesOf(preview, settings))
      $('<div>', { class: 'nrhc-note' }).text(note).appendTo(element);
    for (const warning of warningsOf(preview)) {
      $('<div>', { class: 'nrhc-preview-warning' })
        .append(
          $('<i>', { class: 'fa fa-exclamation-triangle', 'aria-hidden': 'true' }),
          $('<span>').text(warning),
        )
        .appendTo(element);
    }
    if (settings.hasCursor) cursorLine(preview.cursor).appendTo(element);
    if (preview.records.length > 0) recordList(preview, settings.hasCursor).appendTo(element);
  }

  return {
    show,
    say: (sentence, failed) => {
      if (failed) element.empty().append(box(false, t('preview.failed'), sentence));
      else element.empty().append($('<div>', { class: 'nrhc-result nrhc-result-busy' }).text(sentence));
    },
    clear: () => void element.empty(),
  };
}

function elapsedText(elapsed: number): string {
  return t('preview.elapsed', { elapsed: Math.round(elapsed) });
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

/** What is not to be seen from the list. */
function notesOf({ situation, firing, records, found }: Preview, { perPoll }: PreviewSettings): string[] {
  const notes: string[] = [];
  if (situation !== 'same') notes.push(t(`situation.${situation}`));
  if (perPoll > 0 && firing > perPoll)
    notes.push(t('preview.carried', { count: perPoll, rest: firing - perPoll }));
  if (records.length >= mostShown && found > records.length)
    notes.push(t('preview.more', { count: records.length }));
  return notes;
}

function warningsOf({ bad, cursorless, complete }: Preview): string[] {
  const warnings: string[] = [];
  if (bad) warnings.push(t('preview.bad', { count: bad.count, reason: bad.reason }));
  if (cursorless)
    warnings.push(t('preview.cursorless', { count: cursorless.count, reason: cursorless.reason }));
  if (!complete) warnings.push(t('preview.incomplete'));
  return warnings;
}

function cursorLine({ asked, before, after }: Preview['cursor']): JQuery {
  const list = $('<dl>', { class: 'nrhc-preview-cursor' });
  for (const [name, value] of [
    ['asked', asked],
    ['before', before],
    ['after', after],
  ] as const) {
    list.append($('<dt>').text(t(`cursor.${name}`)), $('<dd>').text(value || t('cursor.none')));
  }
  return list;
}

/** Rows that unfold; a row's tree is made when it is asked for. */
function recordList({ records }: Preview, hasCursor: boolean): JQuery {
  const list = $('<div>', { class: 'nrhc-records' }).toggleClass('nrhc-records-cursor', hasCursor);
  const head = $('<div>', { class: 'nrhc-record-line nrhc-record-head', 'aria-hidden': 'true' }).appendTo(
    list,
  );
  const columns = ['', t('preview.result'), t('preview.key'), ...(hasCursor ? [t('preview.cursor')] : [])];
  for (const column of columns) $('<span>').text(column).appendTo(head);
  for (const record of records) recordRow(record, hasCursor).appendTo(list);
  return list;
}

function recordRow({ fires, change, why, key, cursor, record }: PreviewRecord, hasCursor: boolean): JQuery {
  const said = fires ? t(`change.${change ?? 'every'}`) : t(`why.${keyOf(why ?? 'known')}`);
  const row = $('<details>', { class: `nrhc-record ${fires ? 'nrhc-record-fires' : 'nrhc-record-silent'}` });
  const line = $('<summary>', { class: 'nrhc-record-line' }).appendTo(row);
  $('<i>', { class: 'fa fa-caret-right', 'aria-hidden': 'true' }).appendTo(line);
  $('<span>', { class: 'nrhc-record-result' })
    .append(
      $('<i>', { class: `fa ${fires ? 'fa-bolt' : 'fa-minus'}`, 'aria-hidden': 'true' }),
      $('<span>').text(said),
    )
    .appendTo(line);
  $('<span>', { class: 'nrhc-record-key' }).text(key).appendTo(line);
  if (hasCursor) $('<span>').text(cursorShown(cursor)).appendTo(line);
  row.on('toggle', () => {
    if (!row.prop('open') || row.children('.nrhc-record-tree').length > 0) return;
    const tree = {
      key: 'payload',
      path: 'payload',
      rootPath: 'payload',
      expandPaths: ['payload', 'payload.'],
    };
    $('<div>', { class: 'nrhc-record-tree' })
      .append(RED.utils.createObjectElement(record, tree))
      .appendTo(row);
  });
  return row;
}
