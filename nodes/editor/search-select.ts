/** A choice among many: what is typed narrows the list (WAI-ARIA Authoring Practices, combobox with a list). */

export interface SearchChoice {
  value: string;
  text: string;
}

export interface SearchSelectOptions {
  /** A hidden field, which holds the value; what is built goes behind it. */
  field: JQuery;
  choices: readonly SearchChoice[];
  /** Id of the element that names the field. */
  labelledBy: string;
  /** Id of the element that says more. */
  describedBy?: string;
  placeholder: string;
  /** Said when nothing fits what was typed. */
  nothing: string;
}

/** Tells of a choice by `change` on the field. */
export function searchSelect(options: SearchSelectOptions): void {
  const { field, choices } = options;
  const id = `${field.attr('id')}-search`;
  const input = $('<input>', { type: 'text', id, role: 'combobox', placeholder: options.placeholder });
  // not among the properties above: jQuery UI takes `autocomplete` for its widget there
  input.attr({
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-autocomplete': 'list',
    'aria-expanded': 'false',
    'aria-controls': `${id}-list`,
    'aria-labelledby': options.labelledBy,
    ...(options.describedBy ? { 'aria-describedby': options.describedBy } : {}),
  });
  const list = $('<ul>', { id: `${id}-list`, role: 'listbox', 'aria-labelledby': options.labelledBy });
  $('<span>', { class: 'nrhc-search' }).append(input, list).insertAfter(field);
  list.prop('hidden', true);
  let shown: SearchChoice[] = [];
  let active = -1;

  function open(words: string): void {
    const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
    shown = choices.filter(({ text, value }) => {
      const searched = `${text} ${value}`.toLowerCase();
      return parts.every((part) => searched.includes(part));
    });
    list.empty();
    for (const [index, { value, text }] of shown.entries()) {
      $('<li>', { role: 'option', id: `${id}-${index}`, 'aria-selected': String(value === field.val()) })
        .text(text)
        .appendTo(list);
    }
    if (shown.length === 0) $('<li>', { class: 'nrhc-search-none' }).text(options.nothing).appendTo(list);
    list.prop('hidden', false);
    input.attr('aria-expanded', 'true');
    point(shown.findIndex(({ value }) => value === field.val()));
  }

  function point(index: number): void {
    active = index;
    const items = list.children('[role="option"]').removeClass('nrhc-search-active');
    const item = items.eq(index);
    if (index < 0 || item.length === 0) return void input.removeAttr('aria-activedescendant');
    item.addClass('nrhc-search-active');
    input.attr('aria-activedescendant', item.attr('id')!);
    item[0]!.scrollIntoView({ block: 'nearest' });
  }

  function close(): void {
    list.prop('hidden', true);
    input.attr('aria-expanded', 'false').removeAttr('aria-activedescendant');
    show();
  }

  function show(): void {
    const value = String(field.val());
    // one that is not known here stays, and is shown as it is
    input.val(choices.find((choice) => choice.value === value)?.text ?? value);
  }

  function pick(index: number): void {
    const choice = shown[index];
    if (choice) field.val(choice.value).trigger('change');
    close();
  }

  const isOpen = () => !list.prop('hidden');
  const moves: Record<string, () => number> = {
    ArrowDown: () => Math.min(active + 1, shown.length - 1),
    ArrowUp: () => Math.max(active - 1, 0),
  };
  input.on('input', () => {
    open(String(input.val()));
    if (active < 0) point(0);
  });
  input.on('click', () => {
    if (isOpen()) return;
    open('');
    input.trigger('select');
  });
  input.on('blur', () => {
    if (isOpen()) close();
    else show();
    // for who looks whether the field was visited
    field.trigger('focusout');
  });
  input.on('keydown', (event) => {
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      if (isOpen()) point(move());
      else open('');
    } else if (event.key === 'Enter' && isOpen()) {
      event.preventDefault();
      event.stopPropagation();
      pick(active);
    } else if (event.key === 'Escape' && isOpen()) {
      event.stopPropagation();
      close();
    }
  });
  // before the field loses the focus
  list.on('mousedown', (event) => {
    event.preventDefault();
    const item = $(event.target).closest('[role="option"]');
    if (item.length > 0) pick(item.index());
  });
  field.on('change', show);
  show();
}
