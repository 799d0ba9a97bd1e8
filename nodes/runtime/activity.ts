import type { Node, NodeStatus } from 'node-red';
import type { SendOptions } from '../../src/connection/connection';
import type { Failure } from '../../src/exchange/failure';

export interface ActivityTexts {
  requesting: string;
  /** For a wait: gets the time of day at which it ends about, or '' when that is not known. */
  waiting: (until: string) => string;
}

/** @param until milliseconds since the epoch; 0 when it is not known */
export function waitingStatus(until: number, text: ActivityTexts['waiting']): NodeStatus {
  const time = until > 0 ? new Date(until).toTimeString().slice(0, 8) : '';
  return { fill: 'yellow', shape: 'ring', text: text(time) };
}

/** Milliseconds between two statuses of one node. */
const pace = 100;

/**
 * Shows on a node what its requests are doing. Node-RED takes every status to each open editor and to the Status nodes,
 * which costs more than a small request: changes within a moment are shown as one.
 */
export class Activity {
  readonly #node: Node;
  readonly #texts: ActivityTexts;
  #underWay = 0;
  /** Requests that wait for a limit, and until when (milliseconds since the epoch). */
  readonly #waits = new Map<symbol, number>();
  #failure: Failure | undefined;
  /** How the last one ended that succeeded. */
  #result = '';
  #shown = '';
  #shownAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(node: Node, texts: ActivityTexts) {
    this.#node = node;
    this.#texts = texts;
  }

  /** A request begins. */
  begin(): ActivityHandle {
    const id = Symbol('request');
    this.#underWay++;
    this.#changed();
    const began = performance.now();
    const end = (failure?: Failure, result = ''): void => {
      this.#underWay--;
      this.#waits.delete(id);
      this.#failure = failure;
      this.#result = result && `${result} · ${duration(performance.now() - began)}`;
      // what went wrong is not held back; when it goes on going wrong, the status is the same and is not sent again
      if (failure && this.#underWay === 0) this.#show();
      else this.#changed();
    };
    return {
      send: {
        onWait: (until) => {
          this.#waits.set(id, until);
          this.#changed();
        },
        onRetry: (_attempt, delay) => {
          this.#waits.set(id, Date.now() + delay);
          this.#changed();
        },
        onStart: () => {
          if (this.#waits.delete(id)) this.#changed();
        },
      },
      succeeded: (result) => end(undefined, result),
      failed: (failure) => end(failure),
    };
  }

  /** Nothing is shown any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#node.status({});
  }

  #changed(): void {
    if (this.#timer) return;
    const wait = this.#shownAt + pace - performance.now();
    if (wait <= 0) this.#show();
    else this.#timer = setTimeout(() => this.#show(), wait);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const status = this.#current();
    const text = JSON.stringify(status);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#shownAt = performance.now();
    this.#node.status(status);
  }

  #current(): NodeStatus {
    if (this.#waits.size > 0 && this.#waits.size === this.#underWay) {
      return waitingStatus(Math.min(...this.#waits.values()), this.#texts.waiting);
    }
    if (this.#underWay > 0) {
      const { requesting } = this.#texts;
      const text = this.#underWay > 1 ? `${requesting} (${this.#underWay})` : requesting;
      return { fill: 'blue', shape: 'dot', text };
    }
    if (this.#failure) return { fill: 'red', shape: 'ring', text: this.#failure.code };
    return this.#result ? { fill: 'green', shape: 'dot', text: this.#result } : {};
  }
}

/** What one request reports; it ends once, by success or failure. */
export interface ActivityHandle {
  /** For `Connection.send`. */
  send: Pick<SendOptions, 'onWait' | 'onStart' | 'onRetry'>;
  /** @param result what came of it, in a word: shown with the time that it took until the next one begins */
  succeeded(result: string): void;
  failed(failure: Failure): void;
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
