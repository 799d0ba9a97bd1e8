import { createHash } from 'node:crypto';
import { isTooDeep } from '../exchange/decode';
import { Failure } from '../exchange/failure';
import type { Pager, Token } from './pager';

/** How many tokens are remembered: beyond it the oldest are forgotten (about 10 MB). */
const longest = 100_000;

/**
 * What keeps a series of pages from going round for ever: it remembers, as 128 bits each, what was asked for, and of
 * pages whose numbers are counted here, what came last.
 */
export class Trail {
  readonly #pager: Pick<Pager, 'counted'>;
  readonly #asked = new Set<string>();
  #last: Token | undefined;
  #page = '';

  constructor(pager: Pick<Pager, 'counted'>) {
    this.#pager = pager;
  }

  /** A page is asked for. */
  ask(token: Token | undefined): void {
    this.#last = token;
    if (token === undefined || this.#pager.counted !== undefined) return;
    this.#asked.add(hash(token));
    if (this.#asked.size > longest) this.#asked.delete(this.#asked.values().next().value!);
  }

  /**
   * Its records are there.
   *
   * @throws Failure PAGING when they are those of the page before it, though another was asked for
   */
  arrived(records: readonly unknown[]): void {
    const { counted } = this.#pager;
    if (counted === undefined) return;
    const page = records.length === 0 ? '' : hashOf(records);
    if (page !== '' && page === this.#page) {
      throw new Failure(
        'PAGING',
        `the same page came twice: the server seems to ignore ${counted}, which was ${show(this.#last)} this time`,
      );
    }
    this.#page = page;
  }

  /** @throws Failure PAGING when the page that an answer names as the next one was asked for already */
  check(next: Token): void {
    if (this.#pager.counted !== undefined || !this.#asked.has(hash(next))) return;
    const itself = this.#last !== undefined && hash(this.#last) === hash(next);
    throw new Failure(
      'PAGING',
      itself
        ? `the next page that the server names is the same one again: it does not move on from ${show(next)}`
        : `the next page that the server names was read already: it goes round in circles by ${show(next)}`,
    );
  }
}

/** Records that are nested too deep to be written are left out. */
function hashOf(records: readonly unknown[]): string {
  try {
    return hash(records);
  } catch {
    return hash(records.map((record) => (isTooDeep(record) ? null : record)));
  }
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
}

function show(token: Token | undefined): string {
  const text = typeof token === 'object' ? JSON.stringify(token) : `"${String(token)}"`;
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
