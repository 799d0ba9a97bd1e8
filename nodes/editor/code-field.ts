import { templateProblem } from './template-checks';
import type { Part } from './dialog';
import type { Texts } from './texts';

export interface CodeFieldOptions {
  property: string;
  /** An empty `div.node-text-editor`. */
  element: JQuery;
  value: string;
  label: string;
  /** Keeps its height instead of filling the dialog. */
  fixed?: boolean;
  onChange: () => void;
  t: Texts;
}

export interface CodeField extends Part {
  read(): string;
  problem(): string | undefined;
}

/** A template in Node-RED's code editor. */
export function codeField(options: CodeFieldOptions): CodeField {
  const { property, element, t } = options;
  element.attr('data-nrhc-part', property);
  // JSON's own mode would mark every {{…}} outside quotes as an error; YAML's colours fit JSON and it judges nothing.
  const editor = RED.editor.createEditor({
    element: element[0],
    mode: 'ace/mode/yaml',
    value: options.value,
  });
  element.find('textarea').attr('aria-label', options.label);
  editor.getSession().on('change', options.onChange);
  let closed = false;
  return {
    property,
    read: () => (closed ? options.value : editor.getValue()),
    problem: () => templateProblem(editor.getValue(), t),
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
