/** What is kept about a poller beside what it knows, and its end. */
import type { Store } from '../state/store';
import { checkpointName, scopeOf, type Checkpoint } from './knowledge';
import { readOutbox, removal } from './outbox';

const controlName = 'control';

/** Whether polling was paused: it stays so over restarts and deploys. */
export class PauseSwitch {
  readonly #store: () => Promise<Store>;
  readonly #scope: string;

  constructor(owner: string, store: () => Promise<Store>) {
    this.#store = store;
    this.#scope = scopeOf(owner);
  }

  /** @throws Failure STATE */
  async isPaused(): Promise<boolean> {
    const found = await (await this.#store()).get(this.#scope, controlName);
    return (found?.value as { paused?: boolean } | undefined)?.paused === true;
  }

  /** @throws Failure STATE */
  async set(paused: boolean): Promise<void> {
    const place = { scope: this.#scope, name: controlName };
    await (
      await this.#store()
    ).commit([paused ? { kind: 'put', ...place, value: { paused } } : { kind: 'delete', ...place }]);
  }
}

/** Forgets what is known and drops what waits. @throws Failure STATE */
export async function resetPolls(store: Store, scope: string): Promise<void> {
  const { box } = await readOutbox(store, scope);
  await store.commit([
    { kind: 'forget', scope },
    { kind: 'delete', scope, name: checkpointName },
    ...removal(scope, box),
  ]);
}

/** What is known holds for settings with another fingerprint too. @throws Failure STATE */
export async function keepPolls(store: Store, scope: string, fingerprint: string): Promise<void> {
  const stored = await store.get(scope, checkpointName);
  if (!stored) return;
  const value: Checkpoint = { ...(stored.value as Checkpoint), fingerprint, validators: undefined };
  await store.commit([{ kind: 'put', scope, name: checkpointName, value, expect: stored.version }]);
}

/** Removes all that is kept for an owner: its node is gone for good. @throws Failure STATE */
export async function forgetPolls(store: Store, owner: string): Promise<void> {
  const scope = scopeOf(owner);
  await resetPolls(store, scope);
  await store.commit([{ kind: 'delete', scope, name: controlName }]);
}
