import type { Reason } from '../../../src/sample/reason';
import type { SuggestedFields } from '../suggested-fields';
import type { SignatureFields } from '../verification-config';

/** What `GET webhook-trigger/:id/listen` answers. Nothing in it is a secret of the node. */
export interface ListenState {
  /** `over` when nobody listens, or the time has passed. */
  state: 'listening' | 'received' | 'over';
  /** ISO 8601: when listening ends by itself. */
  until?: string;
  sample?: Sample;
}

/** A delivery as it came, and what the values of the dialog make of it. */
export interface Sample {
  /** ISO 8601. */
  received: string;
  /** Missing when it was refused before it was read. */
  delivery?: {
    method: string;
    /** Path and query. */
    url: string;
    ip: string;
    headers: Record<string, string | string[] | undefined>;
    /** Bytes of the body. */
    size: number;
    /** The body when it is text. */
    text?: string;
  };
  verdict: {
    result: 'event' | 'filtered' | 'handshake' | 'refused';
    /** The status that the sender gets. */
    status: number;
    code?: string;
    /** Why it was refused, in more words than the sender reads. */
    detail?: string;
  };
  /** What would leave the node: the first of `count`. */
  messages: Record<string, unknown>[];
  count: number;
  /** How the delivery seems to be proven, the likeliest first. */
  suggestions: { fields: SuggestedFields; reasons: Reason[] }[];
}

/** What `POST webhook-trigger/:id/listen/check` answers: see nodes/admin/webhook-check.ts. */
export interface CheckResult {
  result: 'right' | 'unchecked' | 'handshake' | 'refused';
  code?: string;
  detail?: string;
  /** Other values of the signature by which it is right. */
  found?: { fields: SignatureFields; differs: Reason[] };
}
