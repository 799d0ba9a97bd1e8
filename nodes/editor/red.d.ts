/**
 * The part of the Node-RED editor that our dialogs use, as it is in 4.1 and 5. `@types/node-red` is of Node-RED 3 and
 * misses what we need (reasons from validators, `label`, typed input options), so this says it narrowly.
 */
/// <reference types="jquery" />

interface EditorNode {
  id: string;
  type: string;
  z?: string;
  /** Disabled by the user. */
  d?: boolean;
  name?: string;
  changed?: boolean;
  valid?: boolean;
  credentials?: Record<string, unknown>;
  _def: EditorDefinition;
  [property: string]: unknown;
}

/** `true`, or the sentence that says what is wrong. */
type Verdict = string | true;

interface EditorProperty {
  value?: unknown;
  label?: string;
  required?: boolean;
  type?: string;
  /** Ours: that it is empty is wrong, but not said before the field was visited. */
  patient?: boolean;
  /** Node-RED takes the reason from validators that declare both parameters. */
  validate?(this: EditorNode, value: never, options: object): Verdict;
}

interface EditorCredential {
  type: 'text' | 'password';
  label?: string;
  validate?(this: EditorNode, value: string, options: object): Verdict;
}

interface EditorDefinition {
  category: string;
  color?: string;
  icon?: string;
  inputs?: 0 | 1;
  outputs?: number;
  defaults: Record<string, EditorProperty>;
  credentials?: Record<string, EditorCredential>;
  paletteLabel?: string;
  label?(this: EditorNode): string;
  labelStyle?(this: EditorNode): string;
  inputLabels?: string;
  outputLabels?: string | string[] | ((this: EditorNode, index: number) => string);
  onadd?(this: EditorNode): void;
  oneditprepare?(this: EditorNode): void;
  /** `true`: there is something to deploy that the fields do not show. */
  oneditsave?(this: EditorNode): boolean | void;
  oneditcancel?(this: EditorNode): void;
  oneditdelete?(this: EditorNode): void;
  oneditresize?(this: EditorNode, size: Size): void;
}

interface Size {
  width: number;
  height: number;
}

interface CodeEditor {
  getValue(): string;
  setValue(value: string): void;
  getSession(): {
    on(this: void, event: 'change', listener: () => void): void;
    setMode(mode: string): void;
  };
  resize(): void;
  destroy(): void;
}

interface TypedInputType {
  value: string;
  label: string;
  icon?: string;
  hasValue?: boolean;
  validate?(value: string, options: object): Verdict;
}

interface EditableListOptions<Row> {
  addItem(container: JQuery, index: number, row: Row): void;
  removeItem?(row: Row): void;
  header?: JQuery;
  addButton?: string | false;
  buttons?: { label: string; icon: string; title?: string; click(): void }[];
  removable?: boolean;
  sortable?: boolean;
  height?: number | 'auto';
  scrollOnAdd?: boolean;
}

interface EditorRuntime {
  _(key: string, values?: Record<string, string | number>): string;
  nodes: {
    registerType(type: string, definition: EditorDefinition): void;
    getType(type: string): EditorDefinition | null;
    eachNode(visit: (node: EditorNode) => void): void;
    node(id: string): EditorNode | null;
    /** A flow tab, with `disabled` when it is off. */
    workspace(id: string): { disabled?: boolean } | null;
    /** What is deployed, as the runtime holds it. */
    originalFlow(): { id: string }[] | undefined;
    /** The flow as it stands in the editor, in the form that is exported. */
    createCompleteNodeSet(options: { credentials: boolean }): { id: string; type: string }[];
    dirty(dirty?: boolean): boolean;
    /** Makes an id. */
    id(): string;
    add(node: EditorNode): EditorNode;
    subflow(id: string | 0): { id: string } | undefined;
  };
  editor: {
    createEditor(options: { id?: string; element?: HTMLElement; mode: string; value: string }): CodeEditor;
    validateNode(node: EditorNode): boolean;
  };
  tabs: {
    create(options: { element: JQuery; onchange(tab: { id: string }): void }): {
      addTab(tab: { id: string; label: string }): void;
      activateTab(id: string): void;
    };
  };
  clipboard: { copyText(text: string, element: JQuery, message?: string): boolean };
  events: {
    on(event: string, listener: (node: EditorNode) => void): void;
    emit(event: string, node: EditorNode): void;
  };
  history: { push(event: { t: 'add'; nodes: string[]; dirty: boolean }): void };
  workspaces: { active(): string | 0 };
  popover: { tooltip(target: JQuery, content: string): unknown };
  tray: { resize(): void };
  utils: {
    validatePropertyExpression(expression: string): unknown;
    /** `true`, or why the value is none of its type. */
    validateTypedProperty(value: string, type: string): Verdict;
    getNodeLabel(node: EditorNode, otherwise: string): string;
    /** A value as the debug side bar shows it. */
    createObjectElement(
      value: unknown,
      options: { key?: string; path?: string; rootPath?: string; sourceId?: string; expandPaths?: string[] },
    ): JQuery;
  };
  view: { redraw(updateActive?: boolean): void };
  settings: {
    httpNodeRoot: string | false;
    /** Where the admin API is, when it is not where the editor is. */
    apiRootUrl?: string;
    /** What a person set for the editor: kept by the runtime, for each user apart. */
    get(key: string): unknown;
    set(key: string, value: unknown): void;
  };
}

declare const RED: EditorRuntime;

/** JSONata's parser, which the editor brings along. It throws an object with a `message`. */
declare function jsonata(expression: string): unknown;

interface JQuery {
  typedInput(options: { types: (string | TypedInputType)[]; default?: string }): JQuery;
  typedInput(method: 'type' | 'value'): string;
  typedInput(method: 'type' | 'value', value: string): JQuery;
  typedInput(method: 'validate'): boolean;
  editableList<Row>(options: EditableListOptions<Row>): JQuery;
  editableList<Row>(method: 'addItem', row: Row): JQuery;
  editableList(method: 'empty'): JQuery;
  editableList(method: 'items'): JQuery<HTMLElement>;
  editableList(method: 'height', height: number): JQuery;
  editableList(method: 'length'): number;
  i18n(): JQuery;
}
