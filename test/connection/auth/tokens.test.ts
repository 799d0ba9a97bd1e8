import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Tokens,
  type TokenSet,
  type TokensOptions,
  type TokenStore,
} from '../../../src/connection/auth/tokens';
import { TokenVault } from '../../../src/connection/auth/token-vault';
import { Failure } from '../../../src/exchange/failure';
import { openSqlite } from '../../../src/state/sqlite';
import type { Store } from '../../../src/state/store';

const never = new AbortController().signal;
const minute = 60_000;
const failure = (code: string) => (error: Failure) => {
  assert.equal(error.code, code, error.message);
  return true;
};

/** Something to wait for from outside. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

/** A source that counts, and whose refresh tokens work once, as servers with reuse detection have them. */
class Issuer {
  issued = 0;
  reused = 0;
  valid = 'refresh-0';
  life = 10 * minute;
  /** Ends when a test says so. */
  pause: Promise<void> | undefined;
  fail: Failure | undefined;
  now = 0;
  readonly rotates: boolean;

  constructor(rotates: boolean) {
    this.rotates = rotates;
  }

  source(): TokensOptions['source'] {
    return {
      renewable: (current) => !this.rotates || current?.refreshToken !== undefined,
      obtain: async (current) => {
        await this.pause;
        if (this.fail) throw this.fail;
        if (this.rotates) {
          if (!current) throw new Failure('AUTHENTICATION', 'nobody has logged in');
          if (current.refreshToken !== this.valid) {
            this.reused++;
            throw new Failure('AUTHENTICATION', 'the login has ended');
          }
        }
        return this.issue();
      },
    };
  }

  issue(): TokenSet {
    const number = ++this.issued;
    this.valid = `refresh-${number}`;
    return {
      accessToken: `access-${number}`,
      refreshToken: this.rotates ? this.valid : undefined,
      obtainedAt: this.now,
      expiresAt: this.now + this.life,
    };
  }
}

describe('connection/auth/tokens', () => {
  const warnings: string[] = [];

  function holder(issuer: Issuer, store?: TokenStore): Tokens {
    const warn = (sentence: string) => void warnings.push(sentence);
    return new Tokens({
      source: issuer.source(),
      store,
      secrets: ['scheme-secret'],
      now: () => issuer.now,
      warn,
    });
  }

  beforeEach(() => warnings.splice(0));

  it('fetches once for everybody who waits, and keeps the token', async () => {
    const issuer = new Issuer(false);
    const tokens = holder(issuer);
    const sets = await Promise.all(Array.from({ length: 200 }, () => tokens.usable(never)));
    assert.deepEqual([...new Set(sets.map((set) => set.accessToken))], ['access-1']);
    assert.equal(tokens.fresh()?.accessToken, 'access-1');
  });

  it('renews ahead of expiry: a minute before, or a tenth of a short life', async () => {
    const issuer = new Issuer(false);
    const tokens = holder(issuer);
    issuer.life = 20 * minute;
    await tokens.usable(never);
    issuer.now = 19 * minute - 1;
    assert.equal((await tokens.usable(never)).accessToken, 'access-1');
    issuer.now = 19 * minute;
    issuer.life = 1000;
    assert.equal((await tokens.usable(never)).accessToken, 'access-2');
    issuer.now += 899;
    assert.equal((await tokens.usable(never)).accessToken, 'access-2');
    issuer.now += 1;
    assert.equal((await tokens.usable(never)).accessToken, 'access-3');
  });

  it('goes on with a token that still lives when its early renewal fails for now, not when it fails for good', async () => {
    const issuer = new Issuer(false);
    const tokens = holder(issuer);
    await tokens.usable(never);
    issuer.now = issuer.life - 10;
    issuer.fail = new Failure('DNS', 'no name server');
    assert.equal((await tokens.usable(never)).accessToken, 'access-1');
    issuer.fail = new Failure('AUTHENTICATION', 'refused');
    await assert.rejects(tokens.usable(never), failure('AUTHENTICATION'));
    issuer.fail = new Failure('DNS', 'no name server');
    issuer.now = issuer.life;
    await assert.rejects(tokens.usable(never), failure('DNS'));
  });

  it('renews a refused token once, however many were refused, and not at all when it was replaced already', async () => {
    const issuer = new Issuer(false);
    const tokens = holder(issuer);
    const old = await tokens.usable(never);
    const instead = await Promise.all(Array.from({ length: 200 }, () => tokens.instead(old, never)));
    assert.deepEqual([...new Set(instead.map((set) => set?.accessToken))], ['access-2']);
    assert.equal((await tokens.instead(old, never))?.accessToken, 'access-2');
    assert.equal(issuer.issued, 2);
  });

  it('lets one waiter leave without ending the renewal of the others', async () => {
    const issuer = new Issuer(false);
    const tokens = holder(issuer);
    const { open, opened } = gate();
    issuer.pause = opened;
    const leaving = new AbortController();
    const impatient = tokens.usable(leaving.signal);
    const patient = tokens.usable(never);
    leaving.abort(new Failure('ABORTED', 'the flow stopped'));
    await assert.rejects(impatient, failure('ABORTED'));
    await assert.rejects(tokens.usable(leaving.signal), failure('ABORTED'));
    open();
    assert.equal((await patient).accessToken, 'access-1');
    assert.equal(issuer.issued, 1);
  });

  it('gives everybody who waits the failure, and tries again for the next', async () => {
    const issuer = new Issuer(false);
    const tokens = holder(issuer);
    issuer.fail = new Failure('TIMEOUT', 'no answer');
    const all = await Promise.allSettled([tokens.usable(never), tokens.usable(never)]);
    assert.deepEqual(
      all.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Failure).code : 'worked')),
      ['TIMEOUT', 'TIMEOUT'],
    );
    issuer.fail = undefined;
    assert.equal((await tokens.usable(never)).accessToken, 'access-1');
  });

  it('lists its secrets: the scheme’s, the tokens, and those replaced in the last quarter of an hour', async () => {
    const issuer = new Issuer(false);
    const tokens = holder(issuer);
    const before = tokens.secrets();
    assert.deepEqual(before, ['scheme-secret']);
    assert.equal(tokens.secrets(), before);
    const first = await tokens.usable(never);
    assert.deepEqual([...tokens.secrets()].sort(), ['access-1', 'scheme-secret']);
    await tokens.instead(first, never);
    const after = tokens.secrets();
    assert.deepEqual([...after].sort(), ['access-1', 'access-2', 'scheme-secret']);
    assert.equal(tokens.secrets(), after);
    issuer.now = 16 * minute;
    await tokens.usable(never);
    assert.deepEqual([...tokens.secrets()].sort(), ['access-2', 'access-3', 'scheme-secret']);
  });

  describe('with a vault', () => {
    const key = randomBytes(32);
    let directory: string;
    let store: Store;
    /** How often the store refuses to write. */
    let refuseWrites = 0;
    let beforeWrite: (() => Promise<void>) | undefined;

    const openStore = () =>
      openSqlite({
        file: join(directory, 'state.sqlite'),
        now: Date.now,
        warn: (text) => warnings.push(text),
      });

    /** A vault of its own is what another process would have. */
    function vault(options: Partial<ConstructorParameters<typeof TokenVault>[0]> = {}): TokenVault {
      const guarded: Pick<Store, 'get' | 'commit'> = {
        get: (scope, name) => store.get(scope, name),
        async commit(changes) {
          await beforeWrite?.();
          if (refuseWrites > 0) {
            refuseWrites--;
            throw new Failure('STATE', 'the disk is full');
          }
          return store.commit(changes);
        },
      };
      return new TokenVault({ use: (work) => work(guarded), key: () => key, ...options });
    }

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'tokens-'));
      store = await openStore();
      refuseWrites = 0;
      beforeWrite = undefined;
    });

    afterEach(async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    });

    async function loggedIn(issuer: Issuer, tokens: TokenStore): Promise<void> {
      assert.ok(await tokens.save(issuer.issue()));
    }

    it('keeps the tokens over a restart, and nothing of them can be read in the files', async () => {
      const issuer = new Issuer(true);
      const at = vault().of('node-1', 'server');
      await loggedIn(issuer, at);
      const first = holder(issuer, at);
      const old = await first.usable(never);
      assert.equal((await first.instead(old, never))?.accessToken, 'access-2');
      await first.close();
      await store.close();
      const bytes = Buffer.concat(
        ['', '-wal'].map((part) => readIfThere(join(directory, `state.sqlite${part}`))),
      );
      assert.ok(bytes.includes('node-1'));
      for (const secret of ['access-1', 'access-2', 'refresh-1', 'refresh-2']) {
        assert.ok(!bytes.includes(secret), secret);
      }
      store = await openStore();
      const second = holder(issuer, vault().of('node-1', 'server'));
      assert.equal((await second.usable(never)).accessToken, 'access-2');
      assert.equal(issuer.issued, 2);
    });

    it('makes a rotated refresh token durable before the new access token is used', async () => {
      const issuer = new Issuer(true);
      const at = vault().of('node-1', 'server');
      await loggedIn(issuer, at);
      const tokens = holder(issuer, at);
      const old = await tokens.usable(never);
      const { open, opened } = gate();
      const writing = gate();
      beforeWrite = () => {
        writing.open();
        return opened;
      };
      const used: string[] = [];
      const renewed = tokens.instead(old, never).then((set) => used.push(set!.accessToken));
      await writing.opened;
      assert.equal(issuer.issued, 2);
      assert.equal(tokens.fresh()?.accessToken, 'access-1');
      assert.deepEqual(used, []);
      open();
      await renewed;
      assert.deepEqual(used, ['access-2']);
      assert.equal((await at.load()).tokens?.refreshToken, 'refresh-2');
    });

    it('does not spend the refresh token again when the new one could not be saved: it is saved later', async () => {
      const issuer = new Issuer(true);
      const at = vault().of('node-1', 'server');
      await loggedIn(issuer, at);
      const tokens = holder(issuer, at);
      const old = await tokens.usable(never);
      refuseWrites = 2;
      await assert.rejects(tokens.instead(old, never), failure('STATE'));
      assert.ok(tokens.secrets().includes('refresh-2'));
      await assert.rejects(tokens.instead(old, never), failure('STATE'));
      assert.equal((await tokens.instead(old, never))?.accessToken, 'access-2');
      assert.equal((await at.load()).tokens?.refreshToken, 'refresh-2');
      assert.equal(issuer.reused, 0);
      assert.equal(issuer.issued, 2);
    });

    it('waits at its end for a renewal under way, so that the rotated token is there after a restart', async () => {
      const issuer = new Issuer(true);
      await loggedIn(issuer, vault().of('node-1', 'server'));
      const first = holder(issuer, vault().of('node-1', 'server'));
      const old = await first.usable(never);
      const { open, opened } = gate();
      issuer.pause = opened;
      const waiting = Array.from({ length: 200 }, () => {
        const request = new AbortController();
        const end = first.instead(old, request.signal).catch((error: Failure) => error.code);
        return { request, end };
      });
      for (const { request } of waiting) request.abort(new Failure('ABORTED', 'redeployed'));
      assert.deepEqual([...new Set(await Promise.all(waiting.map(({ end }) => end)))], ['ABORTED']);
      const closing = first.close();
      open();
      await closing;
      const second = holder(issuer, vault().of('node-1', 'server'));
      const sets = await Promise.all(Array.from({ length: 200 }, () => second.usable(never)));
      assert.deepEqual([...new Set(sets.map((set) => set.accessToken))], ['access-2']);
      assert.equal(issuer.issued, 2);
      assert.equal(issuer.reused, 0);
      await assert.rejects(first.instead(sets[0]!, never), failure('ABORTED'));
    });

    it('two holders of one vault take turns: the second finds what the first has fetched', async () => {
      const issuer = new Issuer(true);
      const shared = vault();
      await loggedIn(issuer, shared.of('node-1', 'server'));
      const holders = [1, 2, 3].map(() => holder(issuer, shared.of('node-1', 'server')));
      const old = await holders[0]!.usable(never);
      const sets = await Promise.all(
        holders.flatMap((tokens) => Array.from({ length: 50 }, () => tokens.instead(old, never))),
      );
      assert.deepEqual([...new Set(sets.map((set) => set?.accessToken))], ['access-2']);
      assert.equal(issuer.issued, 2);
      assert.equal(issuer.reused, 0);
    });

    it('two processes take turns through a lease', async () => {
      const issuer = new Issuer(true);
      let last: Promise<unknown> = Promise.resolve();
      const names: string[] = [];
      const lease = <T>(name: string, work: () => Promise<T>): Promise<T> => {
        names.push(name);
        const turn = last.then(work);
        last = turn.catch(() => undefined);
        return turn;
      };
      await loggedIn(issuer, vault().of('node-1', 'server'));
      const holders = [1, 2].map(() => holder(issuer, vault({ lease }).of('node-1', 'server')));
      const old = await holders[0]!.usable(never);
      await Promise.all(holders.map((tokens) => tokens.instead(old, never)));
      assert.equal(issuer.issued, 2);
      assert.equal(issuer.reused, 0);
      assert.deepEqual([...new Set(names)], ['tokens/node-1']);
    });

    it('a newer login of another writer wins over a renewal that was under way', async () => {
      const issuer = new Issuer(true);
      await loggedIn(issuer, vault().of('node-1', 'server'));
      const tokens = holder(issuer, vault().of('node-1', 'server'));
      const old = await tokens.usable(never);
      const { open, opened } = gate();
      issuer.pause = opened;
      const renewed = tokens.instead(old, never);
      const login: TokenSet = { accessToken: 'login', refreshToken: 'login-refresh', obtainedAt: 0 };
      await vault().of('node-1', 'server').save(login);
      tokens.reload();
      open();
      assert.equal((await renewed)?.accessToken, 'login');
      assert.equal((await vault().of('node-1', 'server').load()).tokens?.refreshToken, 'login-refresh');
    });

    it('finds the login that another writer made when its own has ended', async () => {
      const issuer = new Issuer(true);
      await loggedIn(issuer, vault().of('node-1', 'server'));
      const tokens = holder(issuer, vault().of('node-1', 'server'));
      const old = await tokens.usable(never);
      issuer.fail = new Failure('AUTHENTICATION', 'the login has ended');
      await assert.rejects(tokens.instead(old, never), failure('AUTHENTICATION'));
      const { open, opened } = gate();
      issuer.pause = opened;
      const renewed = tokens.instead(old, never);
      await vault().of('node-1', 'server').save({ accessToken: 'login', obtainedAt: 0 });
      open();
      assert.equal((await renewed)?.accessToken, 'login');
    });

    it('is disconnected for good when the stored tokens are cleared', async () => {
      const issuer = new Issuer(true);
      const shared = vault();
      await loggedIn(issuer, shared.of('node-1', 'server'));
      const tokens = holder(issuer, shared.of('node-1', 'server'));
      const old = await tokens.usable(never);
      const { open, opened } = gate();
      issuer.pause = opened;
      const renewed = tokens.instead(old, never);
      await shared.clear('node-1');
      tokens.reload();
      open();
      await assert.rejects(renewed, failure('AUTHENTICATION'));
      await assert.rejects(tokens.usable(never), failure('AUTHENTICATION'));
      assert.deepEqual(await shared.of('node-1', 'server').load(), { version: 0 });
    });

    for (const [what, other] of [
      ['another key', { key: () => randomBytes(32) }],
      ['no key', { key: () => undefined }],
    ] as const) {
      it(`treats tokens as none with ${what}, says why, and a new login replaces them`, async () => {
        const issuer = new Issuer(true);
        await loggedIn(issuer, vault().of('node-1', 'server'));
        const tokens = holder(issuer, vault(other).of('node-1', 'server'));
        await assert.rejects(tokens.usable(never), failure('AUTHENTICATION'));
        assert.match(warnings.join(), /key.*connect again/);
        await loggedIn(issuer, vault().of('node-1', 'server'));
        assert.equal(
          (await holder(issuer, vault().of('node-1', 'server')).usable(never)).accessToken,
          'access-2',
        );
      });
    }

    it('treats a changed record as none: every byte is authenticated, and whose it is', async () => {
      const issuer = new Issuer(true);
      const shared = vault();
      await loggedIn(issuer, shared.of('node-1', 'server'));
      const { value } = (await store.get('tokens', 'node-1'))!;
      const record = value as Record<string, unknown>;
      const flip = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
      for (const broken of [
        ...['iv', 'tag', 'data', 'boundTo', 'keyCheck'].map((part) => ({
          ...record,
          [part]: flip(record[part] as string),
        })),
        { ...record, tag: (record.tag as string).slice(0, 8) },
        { ...record, format: 2 },
        { ...record, data: 7 },
        'text',
        null,
        [],
      ]) {
        await store.commit([{ kind: 'put', scope: 'tokens', name: 'node-1', value: broken }]);
        const stored = await shared.of('node-1', 'server').load();
        assert.equal(stored.tokens, undefined, JSON.stringify(Object.keys(broken ?? {})));
        assert.match(stored.problem!, /connect again/);
      }
      await store.commit([{ kind: 'put', scope: 'tokens', name: 'node-2', value }]);
      assert.equal((await shared.of('node-2', 'server').load()).tokens, undefined);
      await store.commit([{ kind: 'put', scope: 'tokens', name: 'node-1', value }]);
      assert.equal((await shared.of('node-1', 'server').load()).tokens?.accessToken, 'access-1');
    });

    it('never uses tokens of one authorization server with another', async () => {
      const issuer = new Issuer(true);
      await loggedIn(issuer, vault().of('node-1', 'server'));
      const stored = await vault().of('node-1', 'other server').load();
      assert.equal(stored.tokens, undefined);
      assert.match(stored.problem!, /another authorization server/);
    });

    it('does without the store where a token can be fetched from nothing', async () => {
      const issuer = new Issuer(false);
      const broken = new TokenVault({
        use: () => Promise.reject(new Failure('STATE', 'no disk')),
        key: () => key,
      });
      const tokens = holder(issuer, broken.of('node-1', 'server'));
      assert.equal((await tokens.usable(never)).accessToken, 'access-1');
      assert.match(warnings.join(), /no disk/);
      const person = holder(new Issuer(true), broken.of('node-1', 'server'));
      await assert.rejects(person.usable(never), failure('STATE'));
    });

    it('a turn that fails does not hold up the next, and one who leaves takes none', async () => {
      const at = vault().of('node-1', 'server');
      const { open, opened } = gate();
      const first = at.exclusive(() => opened.then(() => Promise.reject(new Error('first'))), never);
      const leaving = new AbortController();
      let ran = false;
      const second = at.exclusive(() => Promise.resolve((ran = true)), leaving.signal);
      const third = at.exclusive(() => Promise.resolve('third'), never);
      leaving.abort(new Failure('ABORTED', 'left'));
      open();
      await assert.rejects(first, /first/);
      await assert.rejects(second, failure('ABORTED'));
      assert.equal(await third, 'third');
      assert.equal(ran, false);
    });
  });
});

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
