import type { Delivery } from '../../src/webhook/delivery';
import type { Outcome } from '../../src/webhook/receiver';
import type { Reason } from '../../src/sample/reason';
import type { Refusal } from '../../src/webhook/refusal';
import type { VerificationReason } from '../../src/webhook/suggest-verification';
import { suggestedFields, type SuggestedFields } from '../webhook-trigger/suggested-fields';
import { redactHeaders, showMessage } from './webhook-show';

/** A delivery as it came, and what the values of the dialog make of it. No secret of the node is in it. */
export interface Sample {
  /** ISO 8601. */
  received: string;
  /** Missing when it was refused before it was read, such as one that is too large. */
  delivery?: {
    method: string;
    url: string;
    path: string;
    ip: string;
    headers: Delivery['headers'];
    /** Bytes of the body. */
    size: number;
    /** The body when it is text, cut at 64 KiB; else `base64`. */
    text?: string;
    base64?: string;
  };
  verdict: {
    /** `event`: it makes messages; `filtered`: the condition holds for none; `handshake`: it was one of the sender's tests. */
    result: 'event' | 'filtered' | 'handshake' | 'refused';
    /** The status that the sender gets. */
    status: number;
    code?: string;
    /** Why it was refused, in more words than the sender reads. */
    detail?: string;
  };
  /** What would leave the node: the first ones, and how many there are. */
  messages: unknown[];
  count: number;
  /** How the delivery seems to be proven, the likeliest first; none when it was refused before it was read. */
  suggestions: { fields: SuggestedFields; reasons: Reason<VerificationReason>[] }[];
}

const mostText = 64 * 1024;
const mostMessages = 5;

/**
 * @param secretHeaders names in lower case of headers that carry a secret
 * @param status what a sender gets for an event
 */
export async function sampleOf(
  delivery: Delivery | undefined,
  outcome: Outcome,
  { secretHeaders, status }: { secretHeaders: readonly string[]; status: number },
): Promise<Sample> {
  const messages = 'groups' in outcome ? outcome.groups.flatMap(({ events }) => events) : [];
  return {
    received: new Date().toISOString(),
    ...(delivery ? { delivery: describe(delivery, secretHeaders) } : {}),
    verdict: verdictOf(outcome, messages.length, status),
    messages: messages.slice(0, mostMessages).map((message) => {
      const { request } = message;
      const headers = redactHeaders(request.headers, secretHeaders);
      return showMessage({ ...message, request: { ...request, headers, cookies: {} } });
    }),
    count: messages.length,
    suggestions: delivery ? await suggest(delivery) : [],
  };
}

async function suggest(delivery: Delivery): Promise<Sample['suggestions']> {
  // only now: this is not needed by a Node-RED that nobody sets up
  const { suggestVerification } = await import('../../src/webhook/suggest-verification.js');
  return suggestVerification(delivery).map(({ settings, reasons }) => {
    return { fields: suggestedFields(settings), reasons };
  });
}

function verdictOf(outcome: Outcome, count: number, status: number): Sample['verdict'] {
  if ('refusal' in outcome) return refused(outcome.refusal);
  if ('answer' in outcome) return { result: 'handshake', status: outcome.answer.status };
  return { result: count > 0 ? 'event' : 'filtered', status };
}

function refused({ status, code, detail, cause }: Refusal): Sample['verdict'] {
  const reason = code === 'INTERNAL' && cause instanceof Error ? `${detail}: ${cause.message}` : detail;
  return { result: 'refused', status, code, detail: reason };
}

function describe(
  { method, url, headers, ip, body }: Delivery,
  secretHeaders: readonly string[],
): Sample['delivery'] {
  const text = textOf(body);
  return {
    method,
    url,
    path: url.split('?', 1)[0]!,
    ip,
    headers: redactHeaders(headers, secretHeaders),
    size: body.length,
    ...(text === undefined ? { base64: body.subarray(0, mostText).toString('base64') } : { text }),
  };
}

function textOf(body: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return text.length > mostText ? `${text.slice(0, mostText)}…` : text;
  } catch {
    return undefined;
  }
}
