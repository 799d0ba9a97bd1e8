/**
 * Tokens at rest: a document of the state store for each connection, encrypted with a key that is kept elsewhere (in the
 * node's credentials), so that neither of the two is enough.
 */
import { Failure } from '../../exchange/failure';
import { boundTo, isSealed, keyCheck, seal, unseal } from '../../state/sealed';
import { Conflict, type Store } from '../../state/store';
import type { StoredTokens, TokenSet, TokenStore } from './tokens';

export interface TokenVaultOptions {
  /** Runs the work with the state store open. */
  use<T>(work: (store: Pick<Store, 'get' | 'commit'>) => Promise<T>): Promise<T>;
  /** The 32 bytes that a connection's tokens are encrypted with; undefined when it has none yet. */
  key(id: string): Buffer | undefined;
  /**
   * Runs the work while no other process runs theirs under that name. Without it, the lock holds in this process only:
   * enough for a store that one process owns.
   */
  lease?<T>(name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

const scope = 'tokens';

/** One vault in a process for all connections: it is what they take turns at. */
export class TokenVault {
  readonly #options: TokenVaultOptions;
  /** The last of those who wait for their turn, by connection; gone when nobody is left. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(options: TokenVaultOptions) {
    this.#options = options;
  }

  /**
   * @param id the connection
   * @param binding what the tokens were issued for (server, client): with another one, stored tokens count as none
   */
  of(id: string, binding: string): TokenStore {
    return {
      load: () => this.#load(id, binding),
      save: (tokens, expect) => this.#save(id, binding, tokens, expect),
      exclusive: (work, signal) => this.#exclusive(id, work, signal),
    };
  }

  /** Forgets the tokens of a connection. @throws Failure STATE */
  async clear(id: string): Promise<void> {
    await this.#options.use((store) => store.commit([{ kind: 'delete', scope, name: id }]));
  }

  async #load(id: string, binding: string): Promise<StoredTokens> {
    const stored = await this.#options.use((store) => store.get(scope, id));
    if (!stored) return { version: 0 };
    const { version } = stored;
    const lost = (reason: string): StoredTokens => ({
      version,
      problem: `the stored login cannot be used, because ${reason}: connect again in the connection's dialog`,
    });
    const key = this.#key(id);
    if (!key) return lost('the key that it is encrypted with is not in the credentials');
    if (!isSealed(stored.value)) return lost('its record is damaged');
    if (stored.value.keyCheck !== keyCheck(key, id)) return lost('it is encrypted with another key');
    if (stored.value.boundTo !== boundTo(key, id, binding)) {
      return lost('it belongs to another authorization server or client');
    }
    const tokens = unseal(stored.value, key, id) as TokenSet | undefined;
    return tokens ? { version, tokens } : lost('its record is damaged');
  }

  async #save(id: string, binding: string, tokens: TokenSet, expect?: number): Promise<number | undefined> {
    const key = this.#key(id);
    if (!key) {
      throw new Failure('CONFIG', 'there is no key to encrypt the token with: deploy the connection first');
    }
    const value = seal(tokens, key, id, binding);
    try {
      return await this.#options.use((store) =>
        store.commit([{ kind: 'put', scope, name: id, value, expect }]),
      );
    } catch (error) {
      if (error instanceof Conflict) return undefined;
      throw error;
    }
  }

  #key(id: string): Buffer | undefined {
    const key = this.#options.key(id);
    return key?.length === 32 ? key : undefined;
  }

  /** First come, first served; whoever's signal ends while waiting leaves without a turn. */
  async #exclusive<T>(id: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#turns.get(id);
    const turn = (async () => {
      await before;
      signal.throwIfAborted();
      return this.#options.lease ? this.#options.lease(`${scope}/${id}`, work, signal) : work();
    })();
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(id, over);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === over) this.#turns.delete(id);
    }
  }
}
