import type { Token } from './pager';

/** Where a series of pages stands: plain JSON, to be handed back as `resume`. */
export interface PagingPosition {
  strategy: string;
  /** Of the strategy's options. */
  fingerprint: string;
  /** How many pages, and how many records, were put out. */
  page: number;
  records: number;
  /** What asks for the page after them, null for the first; missing where nothing can go on from here. */
  next?: Token | null;
}

/** A position without secrets: with one taken out of it, `next` would ask for something else. */
export function redactPosition(position: PagingPosition, redact: (text: string) => string): PagingPosition {
  const { next, ...rest } = position;
  const texts: unknown[] = next && typeof next === 'object' ? Object.entries(next).flat() : [next];
  const clean = texts.every((text) => typeof text !== 'string' || redact(text) === text);
  return clean ? position : rest;
}
