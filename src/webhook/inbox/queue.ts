/** What an inbox, and the node that it belongs to, have in the store. */
import type { Store } from '../../state/store';

/** The document with the secret that a sender brought in its handshake. */
export const learnedSecret = 'learned-secret';

/** The document that says which events of which entries were over when a node was closed in the middle of them. */
export const begunName = 'begun';

/** All processes are one consumer: whoever delivers goes on with what the one before him had claimed. */
export const durableConsumer = 'inbox';

export function deadScope(scope: string): string {
  return `${scope}/dead`;
}

/** Removes all that an inbox and the node that it belongs to have in the store. @throws Failure STATE */
export async function forgetInbox(store: Store, scope: string): Promise<void> {
  await store.commit([
    { kind: 'clear', scope },
    { kind: 'clear', scope: deadScope(scope) },
    { kind: 'forget', scope },
    { kind: 'delete', scope, name: learnedSecret },
    { kind: 'delete', scope, name: begunName },
  ]);
}
