/** The button beside a node, and what it tells. */
interface EditorDefinition {
  button?: {
    enabled?(this: EditorNode): boolean;
    onclick(this: EditorNode): void;
  };
}

interface EditorRuntime {
  /** A text is taken for markup: what is not our own goes in as an element. */
  notify(
    message: HTMLElement,
    options: { type: 'success' | 'warning' | 'error'; timeout?: number; id?: string },
  ): unknown;
}
