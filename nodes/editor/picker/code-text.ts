/** The text of Node-RED's code editor, Monaco or ACE, with its selection. */
import type { Edit } from './paths';

export interface CodeText {
  text(): string;
  /** UTF-16 code units from the beginning. */
  selection(): [start: number, end: number];
  /** Can be undone by the user. The caret goes behind what was put in. */
  replace(edit: Edit): void;
  focus(): void;
}

/** In each a place is something else, so the editor alone turns it into a number. */
interface Monaco<Position> {
  getValue(): string;
  focus(): void;
  getSelection(): { getStartPosition(): Position; getEndPosition(): Position };
  getModel(): { getOffsetAt(position: Position): number; getPositionAt(offset: number): Position };
  setPosition(position: Position): void;
  executeEdits(source: string, edits: object[]): boolean;
  pushUndoStop(): void;
}

interface Ace<Position> {
  getValue(): string;
  focus(): void;
  selection: { getRange(): { start: Position; end: Position } };
  session: {
    getDocument(): {
      positionToIndex(position: Position): number;
      indexToPosition(index: number): Position;
    };
    replace(range: { start: Position; end: Position }, text: string): void;
  };
  clearSelection(): void;
  moveCursorToPosition(position: Position): void;
}

interface Line {
  lineNumber: number;
  column: number;
}

export function codeText(editor: object): CodeText {
  return 'executeEdits' in editor ? ofMonaco(editor as Monaco<Line>) : ofAce(editor as Ace<object>);
}

function ofMonaco(editor: Monaco<Line>): CodeText {
  return {
    text: () => editor.getValue(),
    selection: () => {
      const selection = editor.getSelection();
      const offset = (position: Line) => editor.getModel().getOffsetAt(position);
      return [offset(selection.getStartPosition()), offset(selection.getEndPosition())];
    },
    replace: ({ from, to, text }) => {
      const start = editor.getModel().getPositionAt(from);
      const end = editor.getModel().getPositionAt(to);
      const range = {
        startLineNumber: start.lineNumber,
        startColumn: start.column,
        endLineNumber: end.lineNumber,
        endColumn: end.column,
      };
      editor.pushUndoStop();
      editor.executeEdits('nrhc-picker', [{ range, text, forceMoveMarkers: true }]);
      editor.pushUndoStop();
      editor.setPosition(editor.getModel().getPositionAt(from + text.length));
    },
    focus: () => editor.focus(),
  };
}

function ofAce(editor: Ace<object>): CodeText {
  const lines = () => editor.session.getDocument();
  return {
    text: () => editor.getValue(),
    selection: () => {
      const { start, end } = editor.selection.getRange();
      return [lines().positionToIndex(start), lines().positionToIndex(end)];
    },
    replace: ({ from, to, text }) => {
      const [start, end] = [lines().indexToPosition(from), lines().indexToPosition(to)];
      editor.session.replace({ start, end }, text);
      editor.clearSelection();
      editor.moveCursorToPosition(lines().indexToPosition(from + text.length));
    },
    focus: () => editor.focus(),
  };
}
