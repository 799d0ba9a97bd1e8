import { classify } from '../../src/exchange/failure';
import type { Reason } from '../../src/sample/reason';
import type { Delivery } from '../../src/webhook/delivery';
import type { SchemeDifference } from '../../src/webhook/find-scheme';
import { Refusal } from '../../src/webhook/refusal';
import type { WebhookTriggerConfig, WebhookTriggerCredentials } from '../webhook-trigger/config';
import { TextFetcher } from '../webhook-trigger/fetch-text';
import { makeGate, secretsOf, settingsOf } from '../webhook-trigger/gate';
import { signatureFields } from '../webhook-trigger/suggested-fields';
import type { SignatureFields } from '../webhook-trigger/verification-config';

/** What the values of a dialog make of a delivery that came before. */
export interface CheckResult {
  /** `unchecked`: the verification is none; `handshake`: it is one of the sender's tests. */
  result: 'right' | 'unchecked' | 'handshake' | 'refused';
  code?: string;
  /** Why it is refused, in more words than a sender reads. */
  detail?: string;
  /** Other values of the signature by which it is right. */
  found?: { fields: SignatureFields; differs: Reason<SchemeDifference>[] };
}

/** A delivery that is kept to be judged again. */
export interface KeptDelivery {
  delivery: Delivery;
  /** Milliseconds since the epoch: it is judged as of then, however long a person looks for the secret. */
  at: number;
}

/** Bytes of the largest body that is kept. */
export const longestKept = 1024 * 1024;

/** Judges without an answer and without an effect. @throws Failure CONFIG when the settings cannot work */
export async function checkDelivery(
  { delivery, at }: KeptDelivery,
  config: WebhookTriggerConfig,
  credentials: WebhookTriggerCredentials,
): Promise<CheckResult> {
  const fetcher = new TextFetcher();
  try {
    const { gatekeeper } = makeGate({ config, credentials, fetchText: fetcher.fetch, at });
    const answer = await gatekeeper.admit(delivery);
    if (answer) return { result: 'handshake' };
    return { result: config.verification === 'none' ? 'unchecked' : 'right' };
  } catch (error) {
    if (!(error instanceof Refusal)) throw classify(error);
    const { code, detail, message } = error;
    const found = await findOther(delivery, config, credentials);
    return { result: 'refused', code, detail: detail ?? message, ...(found ? { found } : {}) };
  } finally {
    await fetcher.close();
  }
}

/** The signature that was meant, where it is one that is described field by field. */
async function findOther(
  delivery: Delivery,
  config: WebhookTriggerConfig,
  credentials: WebhookTriggerCredentials,
): Promise<CheckResult['found']> {
  const secrets = secretsOf(credentials);
  const settings = settingsOf(config)(secrets);
  if (settings.kind !== 'signature') return undefined;
  // only now: this is not needed by a Node-RED that nobody sets up
  const { findScheme } = await import('../../src/webhook/find-scheme.js');
  const found = findScheme(settings.scheme, delivery, { secrets, publicUrl: config.publicUrl.trim() });
  if (!found || found.differs.length === 0) return undefined;
  return { fields: signatureFields(found.scheme), differs: found.differs };
}
