import { Failure } from '../exchange/failure';

/**
 * The one place where state lives: what a poll knows, the inbox of a webhook, tokens, who polls. Asynchronous, so that a
 * server can stand behind it as well as a file.
 *
 * Everything belongs to a **scope** (a text such as `polling/<node id>`). In a scope there are
 *
 * - **documents**: named JSON values with a version, for compare-and-set;
 * - **ids**: a set of texts, made for many of them (a million known records), each with an optional short value (a hash of
 *   the record, at most 64 bytes) and an optional expiry;
 * - a **queue** of JSON values, each of which is claimed, worked on and acknowledged;
 * - a **lease**: of several processes, one at a time holds it.
 *
 * What a store accepted is durable: it is there again after `kill -9` and after a power failure. Durations are in
 * milliseconds and go by the clock of the store, which all processes share.
 */
export interface Store {
  /** A document, or `undefined` when there is none. @throws Failure STATE when it cannot be read */
  get(scope: string, name: string): Promise<Stored | undefined>;

  /** Which of these ids are not in the scope's set, or have expired there. @throws Failure STATE */
  unknown(scope: string, ids: readonly string[]): Promise<Set<string>>;

  /** Which of these ids are unknown, and which are known with another value. @throws Failure STATE */
  compare(scope: string, entries: readonly Entry[]): Promise<{ unknown: Set<string>; changed: Set<string> }>;

  /**
   * A page of the ids that were added as `listed`, in no order that means anything. What is there all the time comes at
   * least once over all pages; what is added or removed meanwhile may be missing or not.
   *
   * @param after `next` of the page before; without it, the first. No `next` in the answer: that was the last page
   * @param limit about how many
   */
  list(scope: string, limit: number, after?: string): Promise<{ entries: Entry[]; next?: string }>;

  /**
   * Makes all changes, in order, or none of them, and resolves once they are durable. Values are taken as they are at
   * the call: changing them afterwards changes nothing here.
   *
   * @returns the version of the documents that were put: greater than every version before it in this store, so that
   *   a version is never seen twice, not even after a document was deleted and made again
   * @throws Conflict when something is not as a change expects it; nothing was changed
   * @throws Known when an id is there that a change expects to be new; nothing was changed
   * @throws Failure STATE when the changes cannot be written (a full disk, a lost server). The store goes on. Whether
   *   they were made is then not certain: read before writing again.
   */
  commit(changes: readonly Change[]): Promise<number>;

  /**
   * Takes the oldest items that are due, for a consumer, and hides them from all others for `visibility` milliseconds.
   * Items that are neither acknowledged nor postponed until then are due again: their consumer may be dead.
   */
  claim(scope: string, claim: Claim): Promise<Item[]>;

  /** Items in their order, claimed or not, without changing anything. @param after position of the page's last item */
  peek(scope: string, limit: number, after?: number): Promise<Item[]>;

  /**
   * How many items are in the queue, claimed ones included, each as many as its `push` says, and the bytes of their values as
   * JSON. Cheap.
   */
  size(scope: string): Promise<{ count: number; bytes: number }>;

  /**
   * Takes the lease when it is free, expired, or this holder's own. `holder` is unique to a process.
   *
   * @returns a token, greater than every one before it, for `guard`; `undefined` while another holds the lease
   */
  acquire(scope: string, holder: string, ttl: number): Promise<{ token: number } | undefined>;

  /** Holds the lease for `ttl` more, expired or not, unless it was released or taken: then false. */
  renew(scope: string, token: number, ttl: number): Promise<boolean>;

  /** Frees the lease; nothing when it is another's. */
  release(scope: string, token: number): Promise<void>;

  /** Ends what was begun and lets go of the file or the server. Whatever is asked afterwards is a Failure STATE. */
  close(): Promise<void>;
}

export interface Stored {
  /** Parsed anew for each reader. */
  value: unknown;
  version: number;
}

/** An id and its value; `''` is the value of an id that was added without one. */
export type Entry = readonly [id: string, value: string];

export interface Claim {
  consumer: string;
  limit: number;
  visibility: number;
  /** What this consumer had claimed is due at once: for its first claim after a start. */
  again?: boolean;
}

/** An item of a queue. */
export interface Item {
  id: string;
  value: unknown;
  /** Its place in the queue; it stays the same. */
  position: number;
  /** How many times it was claimed: the number of this claim. It tells a claim from a later one. */
  attempt: number;
  /** When it can be claimed (again), milliseconds since 1970. */
  due: number;
}

/** One change of a commit. */
export type Change =
  /** Writes a document. `expect` is the version it must be at, 0 when it must not exist; without it, any. */
  | { kind: 'put'; scope: string; name: string; value: unknown; expect?: number }
  /** Removes a document; one that does not exist is fine unless `expect` says otherwise. */
  | { kind: 'delete'; scope: string; name: string; expect?: number }
  /**
   * Adds ids to the scope's set, without a value; `expires` (milliseconds since 1970) renews the expiry of those that are
   * there. `fresh`: all of them must be unknown, else Known.
   */
  | { kind: 'add'; scope: string; ids: readonly string[]; expires?: number; fresh?: boolean }
  /** Adds ids with a value, or gives them another. `listed`: the text of the ids is kept too, for `list`. */
  | { kind: 'set'; scope: string; entries: readonly Entry[]; expires?: number; listed?: boolean }
  /** Removes ids of the set. */
  | { kind: 'remove'; scope: string; ids: readonly string[] }
  /** Removes all ids of the scope. */
  | { kind: 'forget'; scope: string }
  /**
   * Puts an item at the end of the queue, due after `delay`. Known when an item with that id is in it. `count`: as how many
   * `size` counts it, for an item that holds several; 1 without it.
   */
  | { kind: 'push'; scope: string; id: string; value: unknown; delay?: number; count?: number }
  /** Takes an item out; one that is gone is fine unless `attempt` is given: then Conflict unless it is its last claim. */
  | { kind: 'ack'; scope: string; id: string; attempt?: number }
  /** Gives a claimed item back, due after `delay` also for its own consumer. Conflict unless `attempt` is its last claim. */
  | { kind: 'postpone'; scope: string; id: string; attempt: number; delay: number }
  /** Hides a claimed item for `visibility` from now. Conflict unless `attempt` is its last claim. */
  | { kind: 'extend'; scope: string; id: string; attempt: number; visibility: number }
  /** Removes all items of the queue. */
  | { kind: 'clear'; scope: string }
  /** Conflict when the lease was released or taken since; an expired one that nobody took passes. */
  | { kind: 'guard'; scope: string; token: number };

/** Something was not as expected: another writer was first. */
export class Conflict extends Failure {
  constructor(scope: string, name: string) {
    super('STATE', `"${name}" of ${scope} was changed by another writer`);
  }
}

/** Ids that were expected to be new are there. */
export class Known extends Failure {
  constructor(
    readonly scope: string,
    readonly ids: readonly string[],
  ) {
    super('STATE', `${ids.length} of the ids to add to ${scope} are known`);
  }
}
