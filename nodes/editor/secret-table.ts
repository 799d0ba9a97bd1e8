import { secretSlots, type AuthField, type AuthScheme, type SecretSlot } from '../http-connection/config';
import { asText, nameProblem } from './checks';
import type { Part } from './dialog';
import { isDue, rowList, showRowProblem } from './rows';
import type { Texts } from './texts';

export interface SecretTableOptions {
  property: string;
  element: JQuery;
  /** Holds the password fields that no row uses. Node-RED fills and saves them by their ids. */
  store: JQuery;
  fields: readonly AuthField[];
  scheme(): AuthScheme;
  t: Texts;
}

export interface SecretTable extends Part {
  read(): AuthField[];
  /** Follows the chosen scheme: one place for all rows, or a place for each. */
  refresh(): void;
  /** Empties the fields that no row uses, so that Node-RED forgets those secrets. */
  forgetUnused(): void;
  forgetAll(): void;
}

/** The place that a scheme puts all its fields in; `undefined` when each row says its own. */
function placeOf(scheme: AuthScheme): AuthField['in'] | undefined {
  return scheme === 'headers' ? 'header' : scheme === 'query' ? 'query' : undefined;
}

function gridOf(scheme: AuthScheme): string {
  return placeOf(scheme) ? 'minmax(0, 2fr) minmax(0, 3fr)' : 'minmax(0, 2fr) minmax(0, 3fr) minmax(0, 4fr)';
}

/**
 * The table of secrets of a connection. A row's value is the password field of its slot: a stored secret shows as dots
 * and stays as it is unless it is typed over.
 */
export function secretTable(options: SecretTableOptions): SecretTable {
  const { property, element, store, t } = options;
  const inputOf = (slot: SecretSlot) => $(`#node-config-input-${slot}`);
  const list = rowList<AuthField>(
    {
      element,
      property,
      columns: [t('table.in'), t('table.name'), t('table.secret')],
      grid: gridOf(options.scheme()),
      addText: t('table.add'),
      removeText: t('table.remove'),
      emptyText: t('empty.secrets'),
      limit: secretSlots.length,
      newRow: () => ({ in: placeOf(options.scheme()) ?? 'header', name: '', slot: freeSlot() }),
      build: (cells, field) => {
        const place = $('<select>', { class: 'nrhc-place', 'aria-label': t('table.in') }).appendTo(cells);
        for (const value of ['header', 'query', 'body'] as const) {
          $('<option>', { value })
            .text(t(`in.${value}`))
            .appendTo(place);
        }
        $('<input>', {
          type: 'text',
          class: 'nrhc-name',
          'aria-label': t('table.name'),
          placeholder: t('table.name'),
          spellcheck: 'false',
        })
          .val(field.name)
          .appendTo(cells);
        inputOf(field.slot)
          .attr({ 'aria-label': t('table.secret'), placeholder: t('table.secret') })
          // One that was saved must be there; a new one is asked for once it was visited.
          .data('nrhcVisited', field.name !== '')
          .appendTo(cells);
        cells.attr('data-nrhc-slot', field.slot);
        place.val(placeOf(options.scheme()) ?? field.in);
        cells.css('grid-template-columns', gridOf(options.scheme()));
      },
      removed: ({ slot }) => inputOf(slot).val('').removeClass('input-error').appendTo(store),
    },
    options.fields,
  );

  function usedSlots(): Set<string> {
    const used = list.rows().toArray();
    return new Set(used.map((row) => $(row).find('[data-nrhc-slot]').attr('data-nrhc-slot')!));
  }

  function freeSlot(): SecretSlot {
    const used = new Set<string>(usedSlots());
    return secretSlots.find((slot) => !used.has(slot))!;
  }

  return {
    property,
    read: () => {
      const place = placeOf(options.scheme());
      return list
        .rows()
        .toArray()
        .map((element): AuthField => {
          const row = $(element);
          return {
            in: place ?? (String(row.find('.nrhc-place').val()) as AuthField['in']),
            name: String(row.find('.nrhc-name').val()).trim(),
            slot: row.find('[data-nrhc-slot]').attr('data-nrhc-slot') as SecretSlot,
          };
        });
    },
    problem: () => {
      const missing = list.rows().length === 0 && placeOf(options.scheme()) !== undefined;
      return missing ? t('error.noSecrets') : undefined;
    },
    check: () => {
      list.rows().each((_, row) => checkRow($(row), t));
    },
    refresh: () => {
      const place = placeOf(options.scheme());
      const frame = element.closest('.red-ui-editableList').toggleClass('nrhc-one-place', !!place);
      frame.find('.nrhc-columns, .nrhc-cells').css('grid-template-columns', gridOf(options.scheme()));
      if (place) frame.find('.nrhc-place').val(place);
    },
    forgetUnused: () => {
      const used = usedSlots();
      for (const slot of secretSlots) if (!used.has(slot)) inputOf(slot).val('');
    },
    forgetAll: () => {
      for (const slot of secretSlots) inputOf(slot).val('');
    },
  };
}

function checkRow(row: JQuery, t: Texts): void {
  const name = row.find('.nrhc-name');
  const secret = row.find('input[type="password"]');
  const kind = row.find('.nrhc-place').val() === 'header' ? 'header' : 'parameter';
  const wrongName = isDue(name) ? nameProblem(asText(name.val()), kind, t) : undefined;
  const noSecret = isDue(secret) && secret.val() === '' ? t('error.secretMissing') : undefined;
  showRowProblem(row.children('.nrhc-cells'), wrongName ?? noSecret, wrongName ? name : secret);
}
