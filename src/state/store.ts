import { Failure } from '../exchange/failure';

/**
 * The one place where state lives: what a poll knows, later the inbox, tokens and leases. Asynchronous, so that a server
 * can stand behind it as well as a file.
 *
 * Everything belongs to a **scope** (a text such as `polling/<node id>`). In a scope there are
 *
 * - **documents**: named JSON values with a version, for compare-and-set;
 * - **ids**: a set of texts, made for many of them (a million known records), each with an optional expiry.
 *
 * What a store accepted is durable: it is there again after `kill -9` and after a power failure.
 */
export interface Store {
  /** A document, or `undefined` when there is none. @throws Failure STATE when it cannot be read */
  get(scope: string, name: string): Promise<Stored | undefined>;

  /** Which of these ids are not in the scope's set, or have expired there. @throws Failure STATE */
  unknown(scope: string, ids: readonly string[]): Promise<Set<string>>;

  /**
   * Makes all changes, in order, or none of them, and resolves once they are durable. Values are taken as they are at
   * the call: changing them afterwards changes nothing here.
   *
   * @returns the version of the documents that were put: greater than every version before it in this store, so that
   *   a version is never seen twice, not even after a document was deleted and made again
   * @throws Conflict when a document is not at the version that a change expects; nothing was changed
   * @throws Failure STATE when the changes cannot be written (a full disk, a lost server). The store goes on. Whether
   *   they were made is then not certain: read before writing again.
   */
  commit(changes: readonly Change[]): Promise<number>;

  /** Ends what was begun and lets go of the file or the server. Whatever is asked afterwards is a Failure STATE. */
  close(): Promise<void>;
}

export interface Stored {
  /** Parsed anew for each reader. */
  value: unknown;
  version: number;
}

/** One change of a commit. */
export type Change =
  /** Writes a document. `expect` is the version it must be at, 0 when it must not exist; without it, any. */
  | { kind: 'put'; scope: string; name: string; value: unknown; expect?: number }
  /** Removes a document; one that does not exist is fine unless `expect` says otherwise. */
  | { kind: 'delete'; scope: string; name: string; expect?: number }
  /** Adds ids to the scope's set; `expires` (milliseconds since 1970) renews the expiry of those that are there. */
  | { kind: 'add'; scope: string; ids: readonly string[]; expires?: number }
  /** Removes all ids of the scope. */
  | { kind: 'forget'; scope: string };

/** A document was not at the expected version: another writer was first. */
export class Conflict extends Failure {
  constructor(scope: string, name: string) {
    super('STATE', `"${name}" of ${scope} was changed by another writer`);
  }
}
