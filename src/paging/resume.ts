import { Failure } from '../exchange/failure';
import type { Pager, Token } from './pager';
import type { PagingPosition } from './position';

/**
 * A position that was kept, of whatever origin.
 *
 * @throws Failure INVALID_REQUEST in a sentence when this pager cannot go on from it
 */
export function checkPosition(position: unknown, pager: Pager): Required<PagingPosition> {
  const refuse = (why: string): never => {
    throw new Failure('INVALID_REQUEST', `the pages cannot go on from the given position: ${why}`);
  };
  if (position === null || typeof position !== 'object') return refuse('it is not an object');
  const { strategy, fingerprint, page, records, next } = position as Partial<PagingPosition>;
  if (strategy !== pager.kind) {
    return refuse(`it belongs to "${String(strategy)}", and the strategy is "${pager.kind}"`);
  }
  if (fingerprint !== pager.fingerprint) return refuse('the settings of the pages have changed since');
  if (!isCount(page) || !isCount(records)) return refuse('its numbers of pages and records are not numbers');
  if (next === undefined) return refuse('it does not say where; what said it held a secret or led nowhere');
  if (next !== null && !(isToken(next) && pager.accepts(next)))
    return refuse('what it names as next cannot be');
  return { strategy, fingerprint, page, records, next };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isToken(value: unknown): value is Token {
  if (typeof value === 'string' || typeof value === 'number') return true;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  return Object.values(value).every((item) => ['string', 'number', 'boolean'].includes(typeof item));
}
