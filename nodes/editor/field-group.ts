/**
 * The fields of a nested object of a configuration (`oauth`, `login` …), built from a description of them. The object is
 * read back whole, in the shape it is saved in.
 */
import { asText, isEnvironment } from './checks';
import type { Part } from './dialog';
import { numberProblem, type Range } from './number-check';
import { showProblem } from './problem';
import { textTable, textTableProblem, type TextRow } from './text-table';
import type { Texts } from './texts';

/** The key of a text, or the text as it follows from the other fields. */
type GroupText<V> = string | ((values: V) => string);

/** What is said about a field; functions of it see the values of the whole group, and what the group depends on. */
export interface GroupField<V, C> {
  name: keyof V & string;
  /** Of Font Awesome. */
  icon: string;
  /** Keys of texts. */
  label: GroupText<V>;
  hint?: GroupText<V>;
  /** The field must be filled in; the key of the text that says so. */
  missing?: string;
  placeholder?: string | ((values: V) => string);
  /** A check box; the key of the text beside it. */
  toggle?: string;
  /** A choice; `text` names each. */
  options?: readonly string[];
  text?: (option: string) => string;
  /** A number, with the key of its unit: seconds when it is left out. */
  range?: Range;
  unit?: string;
  /** Several lines. */
  long?: boolean;
  /** Blanks at the ends count. */
  untrimmed?: boolean;
  /** A table of names and texts; the key of what is shown while it is empty. */
  table?: 'header' | 'parameter';
  empty?: string;
  shown?: (values: V, context: C) => boolean;
  problem?: (value: string, values: V, context: C) => string | undefined;
}

/** A headline between fields. */
export interface GroupHeading<V, C> {
  heading: string;
  shown?: (values: V, context: C) => boolean;
}

export type GroupItem<V, C> = GroupField<V, C> | GroupHeading<V, C>;

/** @template G what is saved, V what is shown: with choices that only the dialog knows */
export interface GroupDescription<G, V extends object, C> {
  property: string;
  defaults: G;
  /** In the order in which they are placed; each list has a place of its own in the dialog. */
  places: Record<string, readonly GroupItem<V, C>[]>;
  view(saved: G): V;
  saved(view: V): G;
}

export interface FieldGroup extends Part {
  /** Fields of the saved shape, put in as if they had been typed; what is left out stays. */
  write(saved: object): void;
  /** Follows what the group depends on. */
  refresh(): void;
  /** Calls `listener` whenever a field changes. */
  watch(listener: () => void): void;
}

/** @param root holds an element `[data-nrhc-fields="PLACE"]` for each place */
export function fieldGroup<G, V extends object, C>(
  description: GroupDescription<G, V, C>,
  root: JQuery,
  saved: G,
  context: () => C,
  t: Texts,
): FieldGroup {
  const { property } = description;
  const initial = description.view(saved);
  const tables = new Map<string, Part>();
  const headings: { element: JQuery; shown: (values: V, context: C) => boolean }[] = [];
  const listeners: (() => void)[] = [];
  const idOf = (name: string) => `nrhc-${property}-${name}`;
  const inputOf = (name: string) => $(`[id="${idOf(name)}"]`);
  const rowOf = ({ name }: GroupField<V, C>) => root.find(`[data-nrhc-row="${property}.${name}"]`);
  const fields = fieldsOf(description);

  for (const [place, items] of Object.entries(description.places)) {
    const element = root.find(`[data-nrhc-fields="${place}"]`);
    for (const item of items) {
      if ('name' in item) build(item, element);
      else {
        const heading = $('<div>', { class: 'nrhc-heading' }).text(t(item.heading)).appendTo(element);
        if (item.shown) headings.push({ element: heading, shown: item.shown });
      }
    }
  }
  refresh();

  function build(field: GroupField<V, C>, element: JQuery): void {
    const { name } = field;
    const row = $('<div>', { class: 'form-row', 'data-nrhc-row': `${property}.${name}` }).appendTo(element);
    const plain = field.table !== undefined || field.toggle !== undefined;
    const label = plain ? $('<span>', { class: 'nrhc-label' }) : $('<label>', { for: idOf(name) });
    label
      .append(
        $('<i>', { class: `fa fa-${field.icon}` }),
        ' ',
        $('<span>', { class: 'nrhc-label-text' }).text(textOf(field.label, initial, t)),
      )
      .appendTo(row);
    if (field.table) return buildTable(field, row);
    const value = asText(initial[name]);
    const control = controlOf(field, value).attr('id', idOf(name));
    if (field.toggle) {
      control.prop('checked', initial[name] === true);
      $('<label>', { class: 'nrhc-check', for: idOf(name) })
        .append(control, $('<span>').text(t(field.toggle)))
        .appendTo(row);
    } else if (field.range) {
      const unit = $('<span>').text(t(field.unit ?? 'unit.seconds'));
      $('<span>', { class: 'nrhc-unit' }).append(control.val(value), unit).appendTo(row);
    } else control.val(value).appendTo(row);
    if (field.hint) {
      const hint = `${idOf(name)}-hint`;
      // hints are our own texts, some with markup
      $('<div>', { class: 'nrhc-hint', id: hint })
        .html(textOf(field.hint, initial, t))
        .appendTo(row);
      control.attr('aria-describedby', hint);
    }
    control.on('input change', () => {
      refresh();
      for (const listener of listeners) listener();
    });
  }

  function buildTable({ name, table, empty }: GroupField<V, C>, row: JQuery): void {
    const rows = initial[name] as TextRow[];
    const element = $('<ol>').appendTo($('<div>', { class: 'nrhc-table' }).appendTo(row));
    const options = { property: `${property}.${name}`, rows, kind: table!, emptyText: t(empty!) };
    tables.set(name, textTable({ ...options, element, t }));
  }

  function view(): V {
    const entries = fields.map((field) => [field.name, tables.get(field.name)?.read() ?? valueOf(field)]);
    return { ...initial, ...Object.fromEntries(entries) } as V;
  }

  function valueOf(field: GroupField<V, C>): unknown {
    if (field.toggle) return inputOf(field.name).prop('checked') === true;
    const text = asText(inputOf(field.name).val());
    const value = field.long || field.untrimmed ? text : text.trim();
    return field.range && value !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
  }

  function refresh(): void {
    const values = view();
    for (const field of fields) {
      const row = rowOf(field).prop('hidden', field.shown ? !field.shown(values, context()) : false);
      if (typeof field.label === 'function') row.find('.nrhc-label-text').text(field.label(values));
      if (typeof field.hint === 'function') row.find('.nrhc-hint').html(field.hint(values));
      if (typeof field.placeholder === 'function') {
        inputOf(field.name).attr('placeholder', field.placeholder(values));
      }
    }
    for (const place of headings) place.element.prop('hidden', !place.shown(values, context()));
  }

  return {
    property,
    read: () => description.saved(view()),
    write: (given) => {
      const values = description.view({ ...description.saved(view()), ...given });
      for (const field of fields) {
        const table = tables.get(field.name);
        if (table) table.write?.(values[field.name]);
        else if (field.toggle) inputOf(field.name).prop('checked', values[field.name] === true);
        else inputOf(field.name).val(asText(values[field.name]));
      }
      refresh();
      for (const listener of listeners) listener();
    },
    // each field shows its own
    problem: () => undefined,
    check: () => {
      const values = view();
      for (const field of fields) {
        const table = tables.get(field.name);
        if (table) {
          table.check?.();
          continue;
        }
        const input = inputOf(field.name);
        const due = input.val() !== '' || input.data('nrhcVisited') === true;
        const problem = due ? fieldProblem(field, values, context(), t) : undefined;
        showProblem(rowOf(field), input, `${idOf(field.name)}-problem`, problem);
      }
    },
    refresh,
    watch: (listener) => void listeners.push(listener),
  };
}

/** The first thing wrong in a saved group, with the field's name in front. */
export function groupProblem<G, V extends object, C>(
  description: GroupDescription<G, V, C>,
  saved: G,
  context: C,
  t: Texts,
): string | undefined {
  const values = description.view({ ...description.defaults, ...saved });
  for (const field of fieldsOf(description)) {
    const problem = fieldProblem(field, values, context, t);
    if (problem) return `${textOf(field.label, values, t)}: ${problem}`;
  }
  return undefined;
}

function fieldsOf<G, V extends object, C>({ places }: GroupDescription<G, V, C>): GroupField<V, C>[] {
  return Object.values(places)
    .flat()
    .filter((item): item is GroupField<V, C> => 'name' in item);
}

function fieldProblem<V, C>(field: GroupField<V, C>, values: V, context: C, t: Texts): string | undefined {
  if (field.shown && !field.shown(values, context)) return undefined;
  if (field.toggle) return undefined;
  const value = values[field.name];
  if (field.table) return textTableProblem(value, field.table, t);
  const text = asText(value);
  if (isEnvironment(text)) return undefined;
  if (text === '' && field.missing) return t(field.missing);
  if (field.range) return numberProblem(text, field.range, t);
  return field.problem?.(text, values, context);
}

function textOf<V>(text: GroupText<V>, values: V, t: Texts): string {
  return typeof text === 'function' ? text(values) : t(text);
}

function controlOf<V, C>(field: GroupField<V, C>, value: string): JQuery {
  if (field.toggle) return $('<input>', { type: 'checkbox' });
  if (field.options) {
    const select = $('<select>');
    // one that is not offered here, such as an environment variable, stays
    const options = field.options.includes(value) ? field.options : [...field.options, value];
    for (const option of options) {
      $('<option>', { value: option })
        .text(field.options.includes(option) && field.text ? field.text(option) : option)
        .appendTo(select);
    }
    return select;
  }
  const input = field.long ? $('<textarea>', { rows: 4 }) : $('<input>', { type: 'text' });
  // not among the properties above: jQuery UI takes `autocomplete` for its widget there
  const placeholder = typeof field.placeholder === 'string' ? field.placeholder : '';
  return input.attr({ spellcheck: 'false', autocomplete: 'off', placeholder });
}
