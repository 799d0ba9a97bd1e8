import { asText } from './checks';
import { templateProblem } from './template-checks';
import type { Part } from './dialog';
import type { DataPicker } from './picker/data-picker';
import type { Syntax } from './picker/paths';
import type { Texts } from './texts';

export interface CodeFieldOptions {
  property: string;
  /** An empty `div.node-text-editor`. */
  element: JQuery;
  value: string;
  label: string;
  /** Of Node-RED's code editor; see `modes`. */
  mode?: string;
  /** Keeps its height instead of filling the dialog. */
  fixed?: boolean;
  /** What is wrong with the text; a template is checked when this is left out. */
  check?: (text: string) => string | undefined;
  onChange: () => void;
  /** Above the editor. */
  picker?: DataPicker;
  /** What it puts in; a template's tag when this is left out. */
  syntax?: () => Syntax | undefined;
  t: Texts;
}

export interface CodeField extends Part {
  read(): string;
  problem(): string | undefined;
  setMode(mode: string): void;
}

/**
 * Modes of the code editor. A JSON template has YAML's: JSON's own would mark every {{…}} outside quotes as an error;
 * YAML's colours fit JSON and it judges nothing.
 */
export const modes = {
  jsonTemplate: 'ace/mode/yaml',
  json: 'ace/mode/json',
  jsonata: 'ace/mode/jsonata',
  xml: 'ace/mode/xml',
  text: 'ace/mode/text',
  graphql: 'ace/mode/graphql',
} as const;

/** A text in Node-RED's code editor. */
export function codeField(options: CodeFieldOptions): CodeField {
  const { property, element, t } = options;
  const check = options.check ?? ((text: string) => templateProblem(text, t));
  element.attr('data-nrhc-part', property);
  const editor = RED.editor.createEditor({
    element: element[0],
    mode: options.mode ?? modes.jsonTemplate,
    value: options.value,
  });
  element.find('textarea').attr('aria-label', options.label);
  options.picker?.code(element, editor, options.syntax ?? (() => 'template'));
  let visited = options.value !== '';
  editor.getSession().on('change', () => {
    visited = true;
    options.onChange();
  });
  let closed = false;
  return {
    property,
    read: () => (closed ? options.value : editor.getValue()),
    write: (value) => editor.setValue(asText(value)),
    // one that is empty and was not visited yet is left in peace
    problem: () => (visited ? check(editor.getValue()) : undefined),
    setMode: (mode) => editor.getSession().setMode(mode),
    resize: (height) => {
      if (!options.fixed) element.height(Math.max(120, height));
      editor.resize();
    },
    close: () => {
      closed = true;
      editor.destroy();
    },
  };
}
