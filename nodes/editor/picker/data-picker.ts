/** The button beside a field, and the shortcut in it, that open the list of what a node before puts out. */
import type { RowType } from '../../runtime/rows';
import type { Texts } from '../texts';
import { codeText } from './code-text';
import { templateEdit, type Edit, type Syntax } from './paths';
import { openPopup } from './popup';
import type { PickGroup } from './tree-rows';

export interface DataPicker {
  /** A text field; where it holds nothing but the path of a field (`data`), that takes the place of what is there. */
  text(field: JQuery, syntax: Syntax | (() => Syntax)): void;
  /** A typed input; an empty one becomes a path of the message. */
  typed(field: JQuery, types: readonly RowType[]): void;
  /** A code editor; nothing can be put in while its syntax is undefined. */
  code(element: JQuery, editor: object, syntax: () => Syntax | undefined): void;
}

export interface DataPickerOptions {
  /** Looked up each time it is opened. */
  groups: (syntax: Syntax) => readonly PickGroup[];
  /** Said when there are none. */
  nothing: string;
  /** The dialog's end. */
  closed: AbortSignal;
  t: Texts;
}

/** A field that a path can be put into. */
interface Place {
  /** Undefined where nothing can be put in as it stands. */
  syntax(): Syntax | undefined;
  put(path: string): void;
  focus(): void;
  /** What the list is shown below. */
  anchor: () => HTMLElement;
}

export function dataPicker({ groups, nothing, closed, t }: DataPickerOptions): DataPicker {
  let close: ((back: boolean) => void) | undefined;

  function open(place: Place): void {
    const syntax = place.syntax();
    if (!syntax) return;
    close?.(false);
    close = openPopup({
      anchor: place.anchor(),
      groups: groups(syntax),
      syntax,
      nothing,
      pick: (path) => place.put(path),
      closed: (back) => {
        close = undefined;
        if (back) place.focus();
      },
      signal: closed,
      t,
    });
  }

  function button(place: Place, shortcut: string): JQuery {
    const label = t('picker.open', { key: shortcut });
    const made = $('<button>', {
      type: 'button',
      class: 'red-ui-button nrhc-pick-button',
      'aria-label': label,
    })
      .append($('<i>', { class: 'fa fa-eyedropper', 'aria-hidden': 'true' }))
      .on('click', () => open(place));
    RED.popover.tooltip(made, label);
    return made;
  }

  function onShortcut(element: HTMLElement, withShift: boolean, place: Place): void {
    element.addEventListener(
      'keydown',
      (event) => {
        if (event.code !== 'Space' || !event.ctrlKey || event.altKey || event.shiftKey !== withShift) return;
        // not the code editor's as well
        event.preventDefault();
        event.stopPropagation();
        open(place);
      },
      { capture: true },
    );
  }

  return {
    text: (field, syntax) => {
      const input = field[0] as HTMLInputElement;
      const now = () => (typeof syntax === 'function' ? syntax() : syntax);
      const place: Place = {
        syntax: now,
        put: (path) => editInput(input, inputEdit(input, now(), path)),
        focus: () => input.focus(),
        anchor: () => input.parentElement!,
      };
      field.wrap(wrapper).after(button(place, inputKey));
      onShortcut(input, false, place);
    },
    typed: (field, types) => {
      const container = field.next('.red-ui-typedInput-container');
      const input = container.find('.red-ui-typedInput-input')[0] as HTMLInputElement;
      const value = () => field.typedInput('value');
      const syntaxNow = (): Syntax | undefined => {
        const type = field.typedInput('type') as RowType;
        if (type === 'msg' || type === 'jsonata') return type;
        if (value() === '' && types.includes('msg')) return 'msg';
        return type === 'str' ? 'template' : undefined;
      };
      const place: Place = {
        syntax: syntaxNow,
        put: (path) => {
          const syntax = syntaxNow();
          if (syntax === 'msg') field.typedInput('type', 'msg').typedInput('value', path);
          else if (syntax) editInput(input, inputEdit(input, syntax, path));
        },
        focus: () => input.focus(),
        anchor: () => container.parent()[0]!,
      };
      const made = button(place, inputKey);
      container.wrap(wrapper).after(made);
      const follow = () => void made.prop('disabled', syntaxNow() === undefined);
      field.on('change', follow);
      $(input).on('input', follow);
      onShortcut(input, false, place);
      follow();
    },
    code: (element, editor, syntax) => {
      const code = codeText(editor);
      const place: Place = {
        syntax,
        put: (path) => {
          const [start, end] = code.selection();
          const isTemplate = syntax() === 'template';
          code.replace(
            isTemplate ? templateEdit(code.text(), start, end, path) : { from: start, to: end, text: path },
          );
        },
        focus: () => code.focus(),
        anchor: () => element[0]!,
      };
      $('<div>', { class: 'nrhc-pick-bar' })
        .append($('<span>').text(t('picker.insert')), button(place, codeKey))
        .insertBefore(element);
      onShortcut(element[0]!, true, place);
    },
  };
}

const wrapper = '<span class="nrhc-pick"></span>';

/** In code editors the first is for their own suggestions. */
const inputKey = 'Ctrl+Space';
const codeKey = 'Ctrl+Shift+Space';

function inputEdit(input: HTMLInputElement, syntax: Syntax, path: string): Edit {
  const text = input.value;
  const start = input.selectionStart ?? text.length;
  const end = input.selectionEnd ?? text.length;
  if (syntax === 'template') return templateEdit(text, start, end, path);
  return syntax === 'data' ? { from: 0, to: text.length, text: path } : { from: start, to: end, text: path };
}

function editInput(input: HTMLInputElement, { from, to, text }: Edit): void {
  input.focus();
  input.setSelectionRange(from, to);
  // the one way that the browser's undo knows of; it tells of the change by itself
  if (!document.execCommand('insertText', false, text)) {
    input.setRangeText(text, from, to, 'end');
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
  $(input).trigger('change');
}
