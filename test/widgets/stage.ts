/** A page shows one widget of `nodes/editor/` in a few states, in the editor of a real Node-RED, and reads it back. */
import { Dialog, type Part } from '../../nodes/editor/dialog';
import { textsOf, type Texts } from '../../nodes/editor/texts';
import type { ConfigBase } from '../../nodes/runtime/migrate';

/** What the widgets of a page are part of: a dialog as a node has it, without a node. */
export interface PageConfig extends ConfigBase {
  outputSample: string;
}

export interface Stage {
  /** An empty row of the dialog. */
  place: JQuery;
  /** Another one for each state. */
  id: string;
  dialog: Dialog<PageConfig>;
  t: Texts;
  /** Makes a widget part of the dialog, which says what is wrong with it. @returns what reads it */
  add: (part: Part) => () => unknown;
}

export interface State {
  title: string;
  /** @returns what reads the widget's value */
  mount: (stage: Stage) => () => unknown;
}

export interface Page {
  /** The node whose texts the widget has here. */
  texts: 'http-connection' | 'webhook-trigger' | 'polling-trigger' | 'send-request';
  states: readonly State[];
}

/** Puts a state on its stage, with a button that reads it. @returns what ends it */
export function mount({ title, mount: build }: State, id: string, texts: Page['texts'], into: JQuery) {
  const t = textsOf(texts);
  const root = $('<div>', { class: 'nrhc', id }).appendTo(into);
  $('<h4>').text(title).appendTo(root);
  const place = $('<div>', { class: 'form-row nrhc-full' }).appendTo(root);
  const definition: EditorDefinition = { category: 'widgets', defaults: {} };
  const node: EditorNode = { id, type: texts, configVersion: 1, outputSample: '', _def: definition };
  const shape = {
    configVersion: 1,
    defaults: { configVersion: 1, name: '', outputSample: '' },
    migrations: [],
    numbers: [],
  };
  const dialog = new Dialog<PageConfig>(node, shape, root, t);
  const add = (part: Part) => {
    definition.defaults[part.property] = {};
    dialog.add(part);
    return () => part.read();
  };
  const read = build({ place, id, dialog, t, add });
  dialog.showProblems();
  const output = $('<output>', { style: 'display: block; font-family: monospace; overflow-wrap: anywhere' });
  $('<button>', { type: 'button', class: 'red-ui-button red-ui-button-small nrhc-read' })
    .text('Read')
    .on('click', () => output.text(JSON.stringify(read()) ?? 'undefined'))
    .appendTo(root);
  output.appendTo(root);
  return () => dialog.close();
}
