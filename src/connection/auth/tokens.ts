/**
 * The tokens of one connection, whatever scheme fetches them: read from where they are kept, renewed ahead of their
 * expiry or when a service refused them, one renewal at a time however many requests wait for it.
 */
import { classify, Failure } from '../../exchange/failure';

/** Times in milliseconds since 1970. */
export interface TokenSet {
  accessToken: string;
  tokenType?: string;
  refreshToken?: string;
  /** None when the server did not say. */
  expiresAt?: number;
  /** When it was asked for: with `expiresAt` the length of its life. */
  obtainedAt: number;
  scope?: string;
}

/** One scheme's way to a token. */
export interface TokenSource {
  /** Whether `obtain` can succeed with this set (or with none) without a person in front of a browser. */
  renewable(current: TokenSet | undefined): boolean;
  /**
   * Fetches a new set. A refresh token or a scope that the answer leaves out stays what it was (RFC 6749 section 6).
   *
   * @throws Failure AUTHENTICATION when the server refuses, or the failure of the request
   */
  obtain(current: TokenSet | undefined, signal: AbortSignal): Promise<TokenSet>;
}

/** What a store holds for a connection. */
export interface StoredTokens {
  tokens?: TokenSet;
  /** For compare-and-set; 0 when nothing is stored. */
  version: number;
  /** Why something that is stored cannot be used: a sentence for the user. */
  problem?: string;
}

/** Where tokens outlive the process. */
export interface TokenStore {
  /** @throws Failure STATE */
  load(): Promise<StoredTokens>;
  /**
   * Resolves once the set is durable.
   *
   * @param expect the version that must be there; without it, any
   * @returns the new version, or undefined when another writer was first: nothing was written then
   * @throws Failure STATE
   */
  save(tokens: TokenSet, expect?: number): Promise<number | undefined>;
  /** Runs the work while nobody else who shares this store runs theirs for the same connection. */
  exclusive<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export interface TokensOptions {
  source: TokenSource;
  /** Without one, tokens live as long as the connection. */
  store?: TokenStore;
  /** The secrets of the scheme itself: never shown, like the tokens. */
  secrets: readonly string[];
  /** Milliseconds since 1970. */
  now: () => number;
  /** Is told in a sentence what went wrong without ending a request. */
  warn: (sentence: string) => void;
}

/** A token is renewed this long before it expires, or after nine tenths of its life when that is later. */
const longestSkew = 60_000;
/** How long a replaced token stays on the list of secrets: requests that carried it may still fail. */
const redactedFor = 15 * 60_000;
/** How long closing waits for a renewal: a rotated refresh token that is not saved is a login lost. */
const closingGrace = 10_000;

export class Tokens {
  readonly #options: TokensOptions;
  readonly #closing = new AbortController();
  #current: TokenSet | undefined;
  /** Of the stored set that `#current` is, or came from; -1 when the store was not read since. */
  #version = -1;
  /** A set whose predecessor is spent and that could not be saved: not used before it is. */
  #unsaved: { tokens: TokenSet; base: number | undefined } | undefined;
  #flight: Promise<TokenSet> | undefined;
  #replaced: { values: string[]; until: number }[] = [];
  #secrets: readonly string[];

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#secrets = [...options.secrets];
  }

  /** The current set when it can be used as it is; nothing is waited for. */
  fresh(): TokenSet | undefined {
    return this.#current && !this.#due(this.#current) ? this.#current : undefined;
  }

  /**
   * The current set, renewed when its time has come. The signal ends the wait of this caller only.
   *
   * @throws Failure AUTHENTICATION when a person has to log in, or the failure of the token request
   */
  async usable(signal: AbortSignal): Promise<TokenSet> {
    const before = this.#current;
    if (before && !this.#due(before)) return before;
    try {
      return await this.#joined(undefined, signal);
    } catch (error) {
      const alive = before === this.#current && before?.expiresAt && this.#options.now() < before.expiresAt;
      if (alive && !signal.aborted && classify(error).retryable) return before;
      throw error;
    }
  }

  /**
   * The set to use instead of one that a service refused: the newer one when there is one already, else a renewed one;
   * undefined when this scheme cannot renew it by itself.
   *
   * @throws Failure like `usable`
   */
  async instead(refused: TokenSet, signal: AbortSignal): Promise<TokenSet | undefined> {
    const differs = (tokens: TokenSet) => tokens.accessToken !== refused.accessToken;
    if (!this.#current || differs(this.#current)) {
      const current = await this.usable(signal);
      if (differs(current)) return current;
    }
    if (!this.#options.source.renewable(this.#current ?? refused)) return undefined;
    const joined = await this.#joined(refused, signal);
    // a flight that was under way may have been for another reason, and end with the very set that was refused
    return differs(joined) ? joined : this.#joined(refused, signal);
  }

  /** Every token that may still turn up in a text, and the scheme's own secrets: the same array until they change. */
  secrets(): readonly string[] {
    return this.#secrets;
  }

  /** Forgets what is known here, so that the next request reads the store: somebody else has written it. */
  reload(): void {
    this.#unsaved = undefined;
    this.#adopt(undefined, -1);
  }

  /** Waits for a renewal under way, so that what it brings is kept. */
  async close(): Promise<void> {
    const patience = setTimeout(() => this.#closing.abort(closed()), closingGrace);
    await this.#flight?.catch(() => undefined);
    if (this.#unsaved) await this.#save(this.#unsaved.tokens, this.#unsaved.base).catch(() => undefined);
    clearTimeout(patience);
    this.#closing.abort(closed());
  }

  #due(tokens: TokenSet): boolean {
    const { expiresAt, obtainedAt } = tokens;
    if (expiresAt === undefined) return false;
    const skew = Math.min(longestSkew, (expiresAt - obtainedAt) / 10);
    const now = this.#options.now();
    return now >= expiresAt || (now >= expiresAt - skew && this.#options.source.renewable(tokens));
  }

  /** One flight for everybody; each may leave it, and it goes on. */
  async #joined(refused: TokenSet | undefined, signal: AbortSignal): Promise<TokenSet> {
    if (this.#closing.signal.aborted) throw closed();
    if (!this.#flight) {
      const flight = this.#begin(refused);
      this.#flight = flight;
      const end = () => {
        if (this.#flight === flight) this.#flight = undefined;
      };
      flight.then(end, end);
    }
    return abortable(this.#flight, signal);
  }

  async #begin(refused: TokenSet | undefined): Promise<TokenSet> {
    const { store } = this.#options;
    const { signal } = this.#closing;
    const work = () => this.#renewed(refused, signal);
    return store ? store.exclusive(work, signal) : work();
  }

  async #renewed(refused: TokenSet | undefined, signal: AbortSignal): Promise<TokenSet> {
    const good = () => {
      const current = this.#current;
      const other = current && current.accessToken !== refused?.accessToken;
      return other && !this.#due(current) ? current : undefined;
    };
    const base = await this.#read();
    if (this.#unsaved) await this.#keep(this.#unsaved.tokens, this.#unsaved.base);
    const known = good();
    if (known) return known;
    const before = this.#current;
    let fetched: TokenSet;
    try {
      fetched = await this.#options.source.obtain(before, signal);
    } catch (error) {
      // another process, or a person at the Connect button, may have been faster
      await this.#read();
      const newer = this.#current === before ? undefined : good();
      if (newer) return newer;
      throw error;
    }
    const next: TokenSet = {
      ...fetched,
      refreshToken: fetched.refreshToken ?? before?.refreshToken,
      scope: fetched.scope ?? before?.scope,
    };
    await this.#keep(next, base);
    if (this.#current) return this.#current;
    throw new Failure('AUTHENTICATION', 'the connection was disconnected while its token was renewed');
  }

  /**
   * Takes over what is stored when somebody else has written it.
   *
   * @returns the version that the next set replaces; undefined when the store could not be asked
   */
  async #read(): Promise<number | undefined> {
    const { store, source, warn } = this.#options;
    if (!store) return 0;
    let stored: StoredTokens;
    try {
      stored = await store.load();
    } catch (error) {
      // what can be fetched from nothing needs no memory
      if (!source.renewable(undefined) || this.#unsaved) throw error;
      warn(`the stored token could not be read, a new one is fetched: ${classify(error).message}`);
      return undefined;
    }
    if (stored.version !== this.#version) {
      if (stored.problem && !source.renewable(undefined)) warn(stored.problem);
      this.#unsaved = undefined;
      this.#adopt(stored.tokens, stored.version);
    }
    return stored.version;
  }

  /** Durable first, used then. What cannot be saved and cannot be fetched again either waits in `#unsaved`. */
  async #keep(tokens: TokenSet, base: number | undefined): Promise<void> {
    const rotated = tokens.refreshToken !== undefined && tokens.refreshToken !== this.#current?.refreshToken;
    try {
      await this.#save(tokens, base);
    } catch (error) {
      if (rotated) {
        this.#unsaved = { tokens, base };
        this.#list();
        throw error;
      }
      this.#options.warn(
        `the token could not be stored and is lost at a restart: ${classify(error).message}`,
      );
      this.#adopt(tokens, this.#version);
    }
  }

  /** Another writer's set is newer by definition: it is taken instead. */
  async #save(tokens: TokenSet, base: number | undefined): Promise<void> {
    const { store } = this.#options;
    const version = store ? await store.save(tokens, base) : 0;
    this.#unsaved = undefined;
    if (version === undefined) await this.#read();
    else this.#adopt(tokens, version);
  }

  #adopt(tokens: TokenSet | undefined, version: number): void {
    const now = this.#options.now();
    this.#replaced = this.#replaced.filter(({ until }) => until > now);
    if (this.#current) this.#replaced.push({ values: valuesOf(this.#current), until: now + redactedFor });
    this.#current = tokens;
    this.#version = version;
    this.#list();
  }

  #list(): void {
    const sets = [this.#current, this.#unsaved?.tokens].filter((tokens) => tokens !== undefined);
    const values = [...sets.flatMap(valuesOf), ...this.#replaced.flatMap((entry) => entry.values)];
    this.#secrets = [...new Set([...this.#options.secrets, ...values])];
  }
}

function valuesOf({ accessToken, refreshToken }: TokenSet): string[] {
  return refreshToken ? [accessToken, refreshToken] : [accessToken];
}

function closed(): Failure {
  return new Failure('ABORTED', 'the connection was closed', { retryable: true });
}

/** The promise for one of its waiters, who leaves with the signal's reason. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(classify(signal.reason));
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
