/** The secret that a service brings in its handshake: in the state store, under a key in the node's credentials. */
import { boundTo, isSealed, keyCheck, seal, unseal } from '../../src/state/sealed';
import type { Store } from '../../src/state/store';
import type { SecretKeeper } from '../../src/webhook/gatekeeper';
import { learnedSecret } from '../../src/webhook/inbox/queue';
import { Refusal } from '../../src/webhook/refusal';

export interface LearnedSecretOptions {
  /** @throws Failure STATE */
  store: () => Promise<Pick<Store, 'get' | 'commit'>>;
  /** The node's. */
  scope: string;
  /**
   * 32 bytes in base64, which the dialog makes. A flow that no dialog has saved has none: the secret is stored as it is
   * then, and encrypted once there is a key. The runtime cannot make one by itself: Node-RED writes credentials with a
   * deploy only, and with the key the secret would be lost.
   */
  key?: string;
}

export function keepLearnedSecret({ store, scope, key: saved }: LearnedSecretOptions): SecretKeeper {
  const bytes = saved ? Buffer.from(saved, 'base64') : undefined;
  const key = bytes?.length === 32 ? bytes : undefined;
  const kept = (secret: string) => (key ? seal(secret, key, scope, learnedSecret) : secret);

  return {
    async load() {
      const opened = await store();
      const found = await opened.get(scope, learnedSecret);
      if (!found) return undefined;
      const { value, version: expect } = found;
      if (typeof value === 'string') {
        // of an earlier release, or from before there was a key; what does not work now does at the next start
        const change = { kind: 'put', scope, name: learnedSecret, value: kept(value), expect } as const;
        if (key) await opened.commit([change]).catch(() => undefined);
        return value;
      }
      if (!key) throw unusable('the key that it is encrypted with is not in the credentials');
      if (!isSealed(value)) throw unusable('its record is damaged');
      if (value.keyCheck !== keyCheck(key, scope)) throw unusable('it is encrypted with another key');
      const secret = value.boundTo === boundTo(key, scope, learnedSecret) && unseal(value, key, scope);
      if (typeof secret !== 'string') throw unusable('its record is damaged');
      return secret;
    },
    async save(secret) {
      await (await store()).commit([{ kind: 'put', scope, name: learnedSecret, value: kept(secret) }]);
    },
  };
}

/** Never as if there were none: then whoever knows the URL could bring another. */
function unusable(reason: string): Refusal {
  const detail = `the secret that the service brought in its handshake cannot be used, because ${reason}: enter it in the dialog, or subscribe anew with a new node`;
  return new Refusal('CONFIG', 'the verification of this webhook is not set up', undefined, detail);
}
