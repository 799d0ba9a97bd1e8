/**
 * One open edit dialog: fills in what older releases saved, shows what is wrong beside the field, and saves the parts
 * that Node-RED does not save by itself (tables, code editors, check box groups, numbers).
 */
import { migrate, type ConfigBase, type Migration } from '../runtime/migrate';
import { asText, isEnvironment } from './checks';
import { showProblem } from './problem';
import type { Texts } from './texts';

/** The shape that a node type saves. */
export interface Shape<C extends ConfigBase> {
  configVersion: number;
  defaults: Omit<C, 'id' | 'type' | 'z'>;
  migrations: readonly Migration[];
  /** Fields that are saved as a number unless they hold `${ENV}`. */
  numbers: readonly (keyof C & string)[];
}

/** A control that Node-RED does not know: what it holds is saved under `property`. */
export interface Part {
  property: string;
  read(): unknown;
  /** Shows another value in place of what is there. */
  write?(value: unknown): void;
  /** What to say under the control, when that is not what the property's validator says. */
  problem?(): string | undefined;
  /** Shows, inside the control, what is wrong with its rows. */
  check?(): void;
  /** The height is what is left of the dialog below the part's top. */
  resize?(height: number): void;
  close?(): void;
}

/** Kept beside the node, not on it: what hangs on a node is exported with it. */
const open = new WeakMap<EditorNode, Dialog<ConfigBase>>();

export function dialogOf(node: EditorNode): Dialog<ConfigBase> | undefined {
  return open.get(node);
}

/** What a field holds now: in the open dialog, else in the saved node. */
export function currentValue(node: EditorNode, property: string): unknown {
  return open.get(node)?.value(property) ?? node[property];
}

export class Dialog<C extends ConfigBase> {
  /** The node's configuration in today's shape. */
  readonly config: C;
  readonly #node: EditorNode;
  readonly #shape: Shape<C>;
  readonly #prefix: string;
  readonly #root: JQuery;
  readonly #parts = new Map<string, Part>();
  readonly #touched = new Set<string>();
  readonly #closed = new AbortController();

  /** @param root the dialog's own `div.nrhc` */
  constructor(node: EditorNode, shape: Shape<C>, root: JQuery, t: Texts) {
    this.#node = node;
    this.#shape = shape;
    this.#prefix = node._def.category === 'config' ? 'node-config-input' : 'node-input';
    this.#root = root;
    this.config = this.#migrated(t);
    this.#fill();
    this.#describe();
    this.#listen();
    open.set(node, this as unknown as Dialog<ConfigBase>);
  }

  /** Aborts when the dialog closes, whichever way. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  input(property: string): JQuery {
    return $(`#${this.#prefix}-${property}`);
  }

  value(property: string): unknown {
    const part = this.#parts.get(property);
    if (part) return part.read();
    const input = this.input(property);
    if (input.length === 0) return undefined;
    return input.attr('type') === 'checkbox' ? input.prop('checked') : input.val();
  }

  /** Everything as it stands in the dialog, in the shape that is saved; what has no field keeps its value. */
  values(): Record<string, unknown> {
    const { defaults, numbers } = this.#shape;
    const entries = Object.keys(defaults).map((property) => {
      const value = this.value(property) ?? (this.config as unknown as Record<string, unknown>)[property];
      // Node-RED's choice of a configuration node has a value of its own for none
      if (value === '_ADD_') return [property, ''];
      return [property, numbers.includes(property as keyof C & string) ? numberOf(value) : value];
    });
    return Object.fromEntries(entries) as Record<string, unknown>;
  }

  add<P extends Part>(part: P): P {
    this.#parts.set(part.property, part);
    return part;
  }

  /** Puts a value into a field, as if it had been typed. */
  set(property: string, value: unknown): void {
    const part = this.#parts.get(property);
    if (part) {
      part.write?.(value);
      return;
    }
    const input = this.input(property);
    if (input.attr('type') === 'checkbox') input.prop('checked', value === true);
    else if (input.data('noderedTypedInput') !== undefined) input.typedInput('value', asText(value));
    else input.val(asText(value));
    input.trigger('change');
  }

  part(property: string): Part | undefined {
    return this.#parts.get(property);
  }

  /** Calls `listener` with the field's value, now and whenever it changes. */
  watch(property: string, listener: (value: string) => void): void {
    const input = this.input(property);
    const tell = () => listener(asText(this.value(property)));
    input.on('input change', tell);
    tell();
  }

  save(): void {
    this.#node.configVersion = this.#shape.configVersion;
    for (const part of this.#parts.values()) this.#node[part.property] = part.read();
    for (const property of this.#shape.numbers) {
      const value = numberOf(this.value(property));
      // Node-RED keeps what stands in the node when the field's text is equal to it, so the number stays a number.
      if (typeof value === 'number') this.#node[property] = value;
    }
    this.close();
  }

  close(): void {
    this.#closed.abort();
    for (const part of this.#parts.values()) part.close?.();
    open.delete(this.#node);
  }

  resize(): void {
    const tray = this.#root.closest('.red-ui-tray-body');
    if (tray.length === 0) return;
    const bottom = tray[0]!.getBoundingClientRect().bottom;
    for (const part of this.#parts.values()) {
      if (!part.resize) continue;
      const field = this.#root.find(`[data-nrhc-part="${part.property}"]:visible`);
      const frame = field.closest('.red-ui-editableList')[0] ?? field[0];
      if (!frame) continue;
      const { top, bottom: end } = frame.getBoundingClientRect();
      // what stands below it in its tab is to be seen as well
      const pane = frame.closest('.nrhc-tab') ?? frame;
      const below = Math.max(0, pane.getBoundingClientRect().bottom - end);
      part.resize(bottom - top - Math.max(20, below + 8));
    }
  }

  /** Puts the reason under each field whose value is wrong. */
  showProblems(): void {
    if (this.#closed.signal.aborted) return;
    for (const part of this.#parts.values()) part.check?.();
    const { defaults, credentials = {} } = this.#node._def;
    for (const [property, definition] of Object.entries({ ...defaults, ...credentials })) {
      this.#showProblem(property, this.#problem(property, definition));
    }
  }

  /**
   * A reason that comes or goes moves what is below it. While a button of the mouse is down that would take the click
   * away from under the pointer, so it waits until the button is up.
   */
  #listen(): void {
    let pressed = false;
    let waiting = false;
    const show = () => {
      waiting = pressed;
      if (!pressed) setTimeout(() => this.showProblems());
    };
    const release = () => {
      pressed = false;
      if (waiting) show();
    };
    const options = { capture: true, signal: this.#closed.signal };
    document.addEventListener('pointerdown', () => (pressed = true), options);
    document.addEventListener('pointerup', release, options);
    document.addEventListener('pointercancel', release, options);
    this.#root.on('input change keyup paste click', show);
    this.#root.on('focusout', (event) => {
      this.#touched.add(this.#propertyOf(event.target));
      $(event.target).data('nrhcVisited', true);
      show();
    });
  }

  #problem(property: string, definition: EditorProperty | EditorCredential): string | undefined {
    const part = this.#parts.get(property);
    if (part?.problem) return part.problem();
    const value = this.value(property);
    if (value === undefined || isEnvironment(value)) return undefined;
    const required = 'required' in definition ? definition.required : undefined;
    if (value === '' || value === '_ADD_') {
      // What is simply still to be filled in is not said before the field was visited.
      const isCredential = property in (this.#node._def.credentials ?? {});
      const patient = 'patient' in definition && definition.patient;
      if ((required || isCredential || patient) && !this.#touched.has(property)) return undefined;
      if (required) {
        return RED._('validator.errors.missing-required-prop', { prop: definition.label ?? property });
      }
      if (required === false) return undefined;
    }
    const verdict = definition.validate?.call(this.#node, value as never, {}) ?? true;
    return verdict === true ? undefined : verdict;
  }

  #showProblem(property: string, problem: string | undefined): void {
    const field = this.#parts.has(property)
      ? this.#root.find(`[data-nrhc-part="${property}"]`)
      : this.input(property);
    const row = field.closest('.form-row');
    if (row.length === 0) return;
    showProblem(row, field, `${this.#prefix}-${property}-problem`, problem);
  }

  #propertyOf(element: HTMLElement): string {
    const input = $(element).closest(`[id^="${this.#prefix}-"]`).attr('id') ?? element.id;
    return input.slice(this.#prefix.length + 1);
  }

  #migrated(t: Texts): C {
    const { configVersion, defaults, migrations } = this.#shape;
    try {
      return migrate(this.#node, configVersion, defaults, migrations);
    } catch {
      $('<div>', { class: 'form-tips', role: 'alert' }).text(t('error.newer')).prependTo(this.#root);
      return { ...structuredClone(defaults), ...this.#node } as unknown as C;
    }
  }

  /** Node-RED filled the fields from the saved node before; a migration may have made something else of it. */
  #fill(): void {
    for (const property of Object.keys(this.#shape.defaults)) {
      const value = (this.config as unknown as Record<string, unknown>)[property];
      const isReference = this.#node._def.defaults[property]?.type !== undefined;
      if (value === this.#node[property] || (isReference && value === '')) continue;
      const input = this.input(property);
      if (input.attr('type') === 'checkbox') input.prop('checked', value === true);
      else if (typeof value !== 'object') input.val(asText(value));
    }
  }

  /** Screen readers say a field's hint with the field. */
  #describe(): void {
    this.#root.find('.nrhc-hint').each((index, hint) => {
      hint.id ||= `${this.#prefix}-hint-${index}`;
      $(hint).closest('.form-row').find('input, select, textarea').first().attr('aria-describedby', hint.id);
    });
  }
}

/** The number that a field's text is, or the text: '' and `${ENV}` are none. */
function numberOf(value: unknown): unknown {
  const text = asText(value).trim();
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : value;
}
