/** Time as the polling parts see it, so that a test can give them its own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls once after some milliseconds, at most `longestTimer`; returns what cancels it. */
  after(milliseconds: number, call: () => void): () => void;
}

/** The longest that a timer of JavaScript can wait, in milliseconds (24.8 days): beyond it, it fires at once. */
export const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: Date.now,
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};
