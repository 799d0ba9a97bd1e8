/** What `POST send-request/try/:id` answers: a request that was tried, and what came of it. Redacted. */
export interface TryResult {
  ok: boolean;
  /** What failed, and its code. */
  message?: string;
  code?: string;
  /** Milliseconds. */
  elapsed: number;
  /** As they were sent; a body that is text, up to 64 KiB of it. Sizes are bytes. */
  requests: TriedRequest[];
  answer?: TriedAnswer;
  /** What would leave the node, the first ten; a Buffer as `{ type: 'Buffer', … }`. */
  messages: TriedMessage[];
  /** Above 0 when more messages would leave than are shown. */
  more: number;
}

type Headers = Record<string, string | string[]>;

export interface TriedRequest {
  method: string;
  url: string;
  headers: Headers;
  body?: string;
  size: number;
}

export interface TriedAnswer {
  statusCode: number;
  statusText: string;
  /** A failure does not tell these. */
  url?: string;
  headers?: Headers;
  size?: number;
  /** Of an answer that is a failure and so leaves no message: its text. */
  body?: string;
}

export interface TriedMessage {
  /** From 1. */
  output: number;
  message: Record<string, unknown>;
}
