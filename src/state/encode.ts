/** What both stores do to a change before they store it. */
import { hash } from 'node:crypto';
import type { Change, Entry } from './store';

/** A change in the form in which it is stored: nothing in it changes when the caller's values do. */
export type Encoded =
  | Exclude<Change, { kind: 'put' | 'add' | 'set' | 'remove' | 'push' }>
  | { kind: 'put'; scope: string; name: string; text: string; expect?: number }
  | ({ kind: 'set'; scope: string; expires?: number; listed: boolean; fresh: boolean } & EncodedEntries)
  | { kind: 'remove'; scope: string; keys: Uint8Array[] }
  | { kind: 'push'; scope: string; id: string; text: string; bytes: number; delay: number; count: number };

/** Three lists of one length, but that `values` is left out when all of them are ''. */
export interface EncodedEntries {
  ids: readonly string[];
  keys: Uint8Array[];
  values?: readonly string[];
}

export function encode(change: Change): Encoded {
  switch (change.kind) {
    case 'put': {
      const { kind, scope, name, expect } = change;
      return { kind, scope, name, text: textOf(change.value), expect };
    }
    case 'add': {
      const { scope, expires, fresh = false } = change;
      const ids = [...change.ids];
      return { kind: 'set', scope, ids, keys: ids.map(keyOf), expires, fresh, listed: false };
    }
    case 'set': {
      const { kind, scope, expires, listed = false } = change;
      return { kind, scope, ...encodeEntries(change.entries), expires, fresh: false, listed };
    }
    case 'remove':
      return { kind: 'remove', scope: change.scope, keys: change.ids.map(keyOf) };
    case 'push': {
      const { kind, scope, id, delay = 0, count = 1 } = change;
      const text = textOf(change.value);
      return { kind, scope, id, text, bytes: Buffer.byteLength(text), delay, count };
    }
    case 'delete':
    case 'forget':
    case 'ack':
    case 'postpone':
    case 'extend':
    case 'clear':
    case 'guard':
      return { ...change };
  }
}

export function encodeEntries(entries: readonly Entry[]): EncodedEntries & { values: string[] } {
  const ids = entries.map(([id]) => id);
  return { ids, keys: ids.map(keyOf), values: entries.map(([, value]) => value) };
}

/**
 * The 16 bytes that stand for an id: 128 bits of SHA-256. Two ids that share them would lose an event: among a million
 * ids the chance is below one in 10^26. By way of a text, because 10,000 small buffers of the hash cost four times that.
 */
export function keyOf(id: string): Uint8Array {
  return Buffer.from(hash('sha256', id, 'binary').slice(0, 16), 'latin1');
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** Compares entries with the values that are known for them, `undefined` for none. */
export function difference(entries: readonly Entry[], known: readonly (string | undefined)[]) {
  const unknown = new Set<string>();
  const changed = new Set<string>();
  for (const [n, [id, value]] of entries.entries()) {
    if (known[n] === undefined) unknown.add(id);
    else if (known[n] !== value) changed.add(id);
  }
  return { unknown, changed };
}

/** A `Known` lists them, each once. */
export function uniqueIds(ids: readonly string[], picked: readonly number[]): string[] {
  return [...new Set(picked.map((index) => ids[index]!))];
}
