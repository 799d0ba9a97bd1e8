/**
 * Mustache by place: `{{x}}` is escaped for the place that it stands in, `{{{x}}}` is raw. Only own properties are read
 * and functions are never called, so a template sees data and nothing else.
 */
import Mustache from 'mustache';
import { Failure } from './failure';
import { escapes, inside, type Escape, type Place, type Token } from './places';
import { asText } from './values';

export type { Place } from './places';

/** What a template reads: the message, and the values of the names that are not the message's (`env.X`, `flow.x` …). */
export interface TemplateView {
  message: object;
  /** By the whole name; what the message itself has under that name goes before it, as in the core template node. */
  outside?: ReadonlyMap<string, unknown>;
}

/** A template that parses; made once, rendered for each message. */
export class Template {
  /** Every name that the template reads, in order, each once. */
  readonly names: readonly string[];
  readonly #tokens: Token[];
  readonly #writer: PlaceWriter;
  /** The whole result, where nothing in the text depends on a message. */
  readonly #constant: string | undefined;

  /** @throws Failure TEMPLATE when the text does not parse, with the parser's reason */
  constructor(text: string, place: Place) {
    try {
      this.#tokens = Mustache.parse(text) as unknown as Token[];
    } catch (cause) {
      throw new Failure('TEMPLATE', cause instanceof Error ? cause.message : String(cause), { cause });
    }
    this.names = [...new Set(namesIn(this.#tokens))];
    this.#writer = new PlaceWriter(escapes[place](this.#tokens));
    if (this.#tokens.every(([kind]) => kind === 'text')) this.#constant = this.render({ message: {} });
  }

  /** @throws Failure TEMPLATE or INVALID_REQUEST when a value cannot stand where the template puts it */
  render(view: TemplateView): string {
    if (this.#constant !== undefined) return this.#constant;
    const context = new DataContext(view.message, undefined, view.outside);
    try {
      return this.#writer.renderTokens(this.#tokens as unknown as string[][], context);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      // a getter of the message that throws
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Failure('TEMPLATE', `a value cannot be read: ${reason}`, { cause });
    }
  }
}

function namesIn(tokens: Token[]): string[] {
  return tokens.flatMap((token) => [
    ...(['name', '&', '#', '^'].includes(token[0]) ? [token[1]] : []),
    ...namesIn(inside(token)),
  ]);
}

class PlaceWriter extends Mustache.Writer {
  readonly #escapeOf: (token: Token) => Escape;

  constructor(escapeOf: (token: Token) => Escape) {
    super();
    this.#escapeOf = escapeOf;
  }

  override escapedValue(token: string[], context: Mustache.Context): string {
    return this.#escapeOf(token as unknown as Token)(context.lookup(token[1]!));
  }

  override unescapedValue(token: string[], context: Mustache.Context): string {
    return asText(context.lookup(token[1]!));
  }

  /** There are no partials: a template is one text. */
  override renderPartial(): string {
    return '';
  }
}

/**
 * Dotted names by the Mustache specification: the first segment is looked up through the sections, the rest below it.
 * `a[0]` is written `a.0` as well.
 */
class DataContext extends Mustache.Context {
  readonly #outside: ReadonlyMap<string, unknown> | undefined;

  constructor(view: unknown, parent?: DataContext, outside?: ReadonlyMap<string, unknown>) {
    super(view, parent);
    this.#outside = outside;
  }

  override push(view: unknown): Mustache.Context {
    return new DataContext(plain(view), this, this.#outside);
  }

  override lookup(name: string): unknown {
    if (name === '.') return plain(this.view);
    const value = this.#ofMessage(name.replace(/\[(\d+)\]/g, '.$1').split('.'));
    return value === undefined ? plain(this.#outside?.get(name)) : value;
  }

  #ofMessage(path: string[]): unknown {
    const [first, ...rest] = path;
    if (typeof this.view === 'object' && hasOwn(this.view, first!)) {
      return rest.reduce<unknown>(ownValue, ownValue(this.view, first!));
    }
    return this.parent instanceof DataContext ? this.parent.#ofMessage(path) : undefined;
  }
}

function hasOwn(value: unknown, name: string): value is Record<string, unknown> {
  return value !== null && value !== undefined && Object.hasOwn(Object(value) as object, name);
}

function ownValue(value: unknown, name: string): unknown {
  return hasOwn(value, name) ? plain(value[name]) : undefined;
}

function plain(value: unknown): unknown {
  return typeof value === 'function' ? undefined : value;
}
