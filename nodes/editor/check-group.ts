import type { Part } from './dialog';

export interface CheckGroupOptions {
  property: string;
  /** An empty `div.nrhc-checks` with a label of its own. */
  element: JQuery;
  /** Value and text of each box. */
  choices: readonly (readonly [value: string, text: string])[];
  saved: readonly string[];
}

/** Check boxes that are saved as a list; a value that was saved by hand and is no choice gets a box of its own. */
export function checkGroup({ property, element, choices, saved }: CheckGroupOptions): Part {
  const known = choices.map(([value]) => value);
  const others = saved.filter((value) => !known.includes(value)).map((value) => [value, value] as const);
  for (const [value, text] of [...choices, ...others]) {
    const id = `nrhc-${property}-${value}`;
    const label = $('<label>', { class: 'nrhc-check', for: id }).appendTo(element);
    $('<input>', { type: 'checkbox', id, value }).prop('checked', saved.includes(value)).appendTo(label);
    label.append($('<span>').text(text));
  }
  element.attr('data-nrhc-part', property);
  return {
    property,
    read: () =>
      element
        .find('input:checked')
        .toArray()
        .map((input) => (input as HTMLInputElement).value),
    write: (values) => {
      const chosen = values as readonly string[];
      element.find<HTMLInputElement>('input').each((_, input) => {
        input.checked = chosen.includes(input.value);
      });
    },
  };
}
