import { Failure } from '../exchange/failure';
import { Refusal } from './refusal';

type Segment = { literal: string } | { parameter: string };

/**
 * The path of a webhook: literal segments and `:name` segments, each of which takes one segment of a request's path.
 * Letter case and a slash at the end make no difference, as for every other route of Node-RED.
 */
export class PathPattern {
  /** Equal for two patterns that take exactly the same paths. */
  readonly key: string;
  /** Sorts before another pattern's rank when both take a path and this one is the more specific: literals come first. */
  readonly rank: string;
  /** A path that this pattern takes. */
  readonly example: string;
  readonly #segments: readonly Segment[];
  readonly #source: string;
  readonly #regexp: RegExp;
  readonly #hasParameters: boolean;

  /** @throws Failure CONFIG in a sentence when the text is not such a path */
  constructor(text: string) {
    this.#segments = parse(text);
    this.key = this.#segments
      .map((segment) => ('literal' in segment ? `/${segment.literal.toLowerCase()}` : '/:'))
      .join('');
    this.rank = this.#segments.map((segment) => ('literal' in segment ? 'a' : 'b')).join('');
    this.example = this.#segments
      .map((segment) => `/${'literal' in segment ? segment.literal : segment.parameter}`)
      .join('');
    this.#source = this.#segments
      .map((segment) => ('literal' in segment ? `/${literalSource(segment.literal)}` : '/[^/]+'))
      .join('');
    this.#regexp = this.toRegExp();
    this.#hasParameters = this.#segments.some((segment) => 'parameter' in segment);
  }

  /** A new expression that matches what this pattern takes, for a router; it captures nothing. */
  toRegExp(): RegExp {
    return new RegExp(`^${this.#source}/?$`, 'i');
  }

  takes(path: string): boolean {
    return this.#regexp.test(path);
  }

  /**
   * The parameters of a path that this pattern takes, decoded.
   *
   * @throws Refusal INVALID_REQUEST when one is not valid percent-encoding
   */
  parameters(path: string): Record<string, string> {
    if (!this.#hasParameters) return {};
    const values = path.split('/').slice(1);
    const parameters = this.#segments.flatMap((segment, index) =>
      'parameter' in segment ? [[segment.parameter, decodeSegment(values[index] ?? '')] as const] : [],
    );
    return Object.fromEntries(parameters);
  }
}

function parse(text: string): Segment[] {
  if (/[?#\\\p{Cc}]/u.test(text)) {
    throw new Failure(
      'CONFIG',
      'the path holds a character that a path cannot have (?, #, \\ or a control character)',
    );
  }
  const parts = text.trim().split('/').filter(Boolean);
  if (parts.length === 0) throw new Failure('CONFIG', 'the path is empty');
  const names = new Set<string>();
  return parts.map((part) => {
    if (part === '.' || part === '..') {
      throw new Failure(
        'CONFIG',
        `the path has the segment "${part}", which senders resolve before they send`,
      );
    }
    if (!part.startsWith(':')) return { literal: part.toWellFormed() };
    const name = part.slice(1);
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new Failure(
        'CONFIG',
        `"${part}" is not a path parameter: after the colon come letters, digits and _`,
      );
    }
    if (names.has(name)) throw new Failure('CONFIG', `the path has the parameter ":${name}" twice`);
    names.add(name);
    return { parameter: name };
  });
}

/** A literal as it may stand in a request: as typed, or percent-encoded where that is usual (RFC 3986 section 2.1). */
function literalSource(literal: string): string {
  return [...literal]
    .map((character) => {
      const plain = character.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
      const encoded = encodeURIComponent(character);
      return encoded === character ? plain : `(?:${plain}|${encoded})`;
    })
    .join('');
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new Refusal('INVALID_REQUEST', 'the path is not valid percent-encoding', cause);
  }
}
