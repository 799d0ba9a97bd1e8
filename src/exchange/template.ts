/**
 * Mustache by place: `{{x}}` is escaped for the place that it stands in, `{{{x}}}` is raw. Only own properties are read
 * and functions are never called, so a template sees data and nothing else.
 */
import Mustache from 'mustache';
import { Failure } from './failure';
import { escapes, inside, type Escape, type Place, type Token } from './places';
import { canonicalPath, readPath } from './template-path';
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
  /** Every path that the template reads, in order, each once and in one spelling (`canonicalPath`). */
  readonly names: readonly string[];
  readonly #tokens: Token[];
  readonly #paths: Paths;
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
    const names = namesIn(this.#tokens);
    this.names = [...new Set(names.map(canonicalPath))];
    this.#paths = new Map(names.map((name) => [name, { steps: readPath(name), whole: canonicalPath(name) }]));
    this.#writer = new PlaceWriter(escapes[place](this.#tokens));
    if (this.#tokens.every(([kind]) => kind === 'text')) this.#constant = this.render({ message: {} });
  }

  /** @throws Failure TEMPLATE or INVALID_REQUEST when a value cannot stand where the template puts it */
  render(view: TemplateView): string {
    if (this.#constant !== undefined) return this.#constant;
    const context = new DataContext(view.message, { paths: this.#paths, outside: view.outside });
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

/** By the text that stands in the tag. */
type Paths = ReadonlyMap<string, { steps: readonly string[]; whole: string }>;

interface Names {
  paths: Paths;
  outside: TemplateView['outside'];
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

/** Dotted names by the Mustache specification: the first step is looked up through the sections, the rest below it. */
class DataContext extends Mustache.Context {
  readonly #names: Names;

  constructor(view: unknown, names: Names, parent?: DataContext) {
    super(view, parent);
    this.#names = names;
  }

  override push(view: unknown): Mustache.Context {
    return new DataContext(plain(view), this.#names, this);
  }

  override lookup(name: string): unknown {
    if (name === '.') return plain(this.view);
    const { steps, whole } = this.#names.paths.get(name)!;
    const value = this.#ofMessage(steps);
    return value === undefined ? plain(this.#names.outside?.get(whole)) : value;
  }

  #ofMessage(steps: readonly string[]): unknown {
    const [first, ...rest] = steps;
    if (typeof this.view === 'object' && hasOwn(this.view, first!)) {
      return rest.reduce<unknown>(ownValue, ownValue(this.view, first!));
    }
    return this.parent instanceof DataContext ? this.parent.#ofMessage(steps) : undefined;
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
