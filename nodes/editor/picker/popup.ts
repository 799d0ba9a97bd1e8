/**
 * The list that a path is picked from: a search field over a tree (WAI-ARIA Authoring Practices, combobox whose popup is a
 * tree). The focus stays in the search field; the arrow keys go through the tree.
 */
import type { Texts } from '../texts';
import type { Syntax } from './paths';
import type { Property } from './properties';
import { treeRows, type PickGroup, type PickRow } from './tree-rows';

export interface PopupOptions {
  /** What it is shown below. */
  anchor: HTMLElement;
  groups: readonly PickGroup[];
  syntax: Syntax;
  /** Said when there is nothing to pick. */
  nothing: string;
  pick(path: string): void;
  /** @param back whether the focus goes back to the field */
  closed(back: boolean): void;
  /** The popup goes with it. */
  signal: AbortSignal;
  t: Texts;
}

const id = 'nrhc-picker';
/** Pixels. */
const size = { width: 520, narrowest: 300, height: 360, margin: 8 };

/** @returns what closes it */
export function openPopup(options: PopupOptions): (back: boolean) => void {
  const { t, syntax } = options;
  const folds = new Map<string, boolean>();
  const gone = new AbortController();
  let rows: PickRow[] = [];
  let active = -1;

  const box = $('<div>', { class: 'nrhc-picker red-ui-editor-dialog', role: 'dialog' });
  box.attr('aria-label', t('picker.title'));
  const search = $('<input>', { type: 'text', role: 'combobox' }).attr({
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: t('picker.search'),
    'aria-label': t('picker.search'),
    'aria-autocomplete': 'list',
    'aria-haspopup': 'tree',
    'aria-expanded': 'true',
    'aria-controls': `${id}-tree`,
  });
  const tree = $('<div>', { class: 'nrhc-picker-tree', id: `${id}-tree`, role: 'tree' });
  tree.attr('aria-label', t('picker.title'));
  const state = $('<div>', { class: 'nrhc-picker-none', role: 'status' });
  const keys = $('<div>', { class: 'nrhc-picker-keys' }).text(t('picker.keys'));
  box.append(search, tree, state, keys).appendTo(document.body);

  function show(keep?: string): void {
    const words = String(search.val());
    rows = treeRows(options.groups, syntax, folds, words);
    tree.empty().append(rows.map((row, index) => rowElement(row, index, t)));
    const none = options.groups.length === 0 ? options.nothing : t('picker.nothingFound');
    state.text(rows.length > 0 ? '' : none);
    tree.prop('hidden', rows.length === 0);
    const kept = keep === undefined ? -1 : rows.findIndex((row) => row.id === keep);
    point(kept >= 0 ? kept : rows.findIndex(({ path }) => path !== undefined));
  }

  function point(index: number): void {
    active = index;
    const items = tree.children().removeClass('nrhc-picker-active').attr('aria-selected', 'false');
    const item = items.eq(index);
    if (index < 0 || item.length === 0) return void search.removeAttr('aria-activedescendant');
    item.addClass('nrhc-picker-active').attr('aria-selected', 'true');
    search.attr('aria-activedescendant', item.attr('id')!);
    item[0]!.scrollIntoView({ block: 'nearest' });
  }

  function fold({ id: row, unfolded }: PickRow, open: boolean): void {
    if (unfolded === undefined || unfolded === open || search.val() !== '') return;
    folds.set(row, open);
    show(row);
  }

  function choose(row: PickRow | undefined): void {
    if (!row) return;
    if (!row.property) return fold(row, !row.unfolded);
    if (row.path === undefined) return;
    close(true);
    options.pick(row.path);
  }

  /** Where the one is that a row is below. */
  function above(index: number): number {
    const { level } = rows[index]!;
    return rows.findLastIndex((row, at) => at < index && row.level < level);
  }

  /** True for a key that was used up. */
  function pressed(key: string): boolean {
    const row = rows[active];
    // in a search the arrows move the caret, as ever
    const isTree = search.val() === '';
    if (key === 'ArrowDown') point(Math.min(active + 1, rows.length - 1));
    else if (key === 'ArrowUp') point(Math.max(active - 1, 0));
    else if (key === 'PageDown') point(Math.min(active + 10, rows.length - 1));
    else if (key === 'PageUp') point(Math.max(active - 10, 0));
    else if (key === 'Enter') choose(row);
    else if (key === 'Escape') close(true);
    else if (key === 'ArrowRight' && isTree && row) {
      if (row.unfolded === false) fold(row, true);
      else if (row.unfolded) point(Math.min(active + 1, rows.length - 1));
    } else if (key === 'ArrowLeft' && isTree && row) {
      if (row.unfolded) fold(row, false);
      else if (above(active) >= 0) point(above(active));
    } else return false;
    return true;
  }

  function close(back: boolean): void {
    if (gone.signal.aborted) return;
    gone.abort();
    box.remove();
    options.closed(back);
  }

  search.on('input', () => show());
  box.on('keydown', (event) => {
    // what is typed here is none of Node-RED's shortcuts
    event.stopPropagation();
    if (event.key === 'Tab') close(true);
    if (pressed(event.key)) event.preventDefault();
  });
  // before the search field loses the focus
  tree.on('mousedown', (event) => event.preventDefault());
  tree.on('click', (event) => {
    const item = $(event.target).closest('[role="treeitem"]');
    const row = rows[item.index()];
    if (item.length === 0 || !row) return;
    if ($(event.target).closest('.nrhc-picker-fold').length > 0) fold(row, !row.unfolded);
    else choose(row);
  });
  const events = { capture: true, signal: gone.signal };
  document.addEventListener(
    'pointerdown',
    ({ target }) => {
      if (!box[0]!.contains(target as Node)) close(false);
    },
    events,
  );
  window.addEventListener('resize', () => close(false), events);
  options.signal.addEventListener('abort', () => close(false), events);
  place(box, options.anchor);
  show();
  search.trigger('focus');
  return close;
}

function rowElement(row: PickRow, index: number, t: Texts): JQuery {
  const { property, unfolded, level } = row;
  const item = $('<div>', { role: 'treeitem', id: `${id}-${index}`, class: 'nrhc-picker-row' });
  item
    .attr({ 'aria-level': level, 'aria-selected': 'false' })
    .css('padding-left', `${(level - 1) * 14 + 6}px`);
  const caret = $('<span>', { class: 'nrhc-picker-fold', 'aria-hidden': 'true' }).appendTo(item);
  if (unfolded !== undefined) {
    item.attr('aria-expanded', String(unfolded));
    caret.append($('<i>', { class: `fa fa-caret-${unfolded ? 'down' : 'right'}` }));
  }
  $('<span>', { class: 'nrhc-picker-name' }).text(row.text).appendTo(item);
  if (!property) {
    item.addClass('nrhc-picker-source');
    return item.append($('<span>', { class: 'nrhc-picker-note' }).text(row.group.note));
  }
  if (row.path === undefined) {
    item.attr({ 'aria-disabled': 'true', title: t('picker.unwritable') });
  }
  const [text, type] = valueOf(property, t);
  return item.append($('<span>', { class: `nrhc-picker-value red-ui-debug-msg-type-${type}` }).text(text));
}

/** A value as the debug side bar shows it, and the class for its colour there. */
function valueOf({ type, sample, size: count, hidden }: Property, t: Texts): [text: string, type: string] {
  if (type === 'secret') return [t('picker.secret'), 'meta'];
  if (type === 'array') return [count === undefined ? 'array' : `array[${count}]`, 'meta'];
  if (type === 'object') {
    return [hidden > 0 ? `object · ${t('picker.hidden', { count: hidden })}` : 'object', 'meta'];
  }
  if (type === 'string' && sample !== '') return [`"${sample}"`, 'string'];
  if (sample === '') return [type === 'any' ? '' : type, 'meta'];
  return [sample, type === 'null' ? 'null' : type === 'string' ? 'string' : 'number'];
}

/** Below the field, or above it where there is more room; never wider than the window. */
function place(box: JQuery, anchor: HTMLElement): void {
  const field = anchor.getBoundingClientRect();
  const wide = Math.max(size.narrowest, Math.min(size.width, field.width));
  const width = Math.min(wide, window.innerWidth - 2 * size.margin);
  const left = Math.min(field.left, window.innerWidth - width - size.margin);
  const below = window.innerHeight - field.bottom - size.margin;
  const above = field.top - size.margin;
  const isBelow = below >= Math.min(size.height, above);
  box.css({
    left: Math.max(size.margin, left),
    width,
    maxHeight: Math.min(size.height, isBelow ? below : above),
  });
  if (isBelow) box.css('top', field.bottom + 2);
  else box.css('bottom', window.innerHeight - field.top + 2);
}
