import type { Node, NodeStatus } from 'node-red';
import { classify } from '../../src/exchange/failure';
import type { SendOptions } from '../../src/connection/connection';
import type { PollReport } from '../../src/polling/poller';
import { waitingStatus } from '../runtime/activity';

type Say = (key: string, values?: Record<string, string | number>) => string;

/** What the last poll did, as the dialog shows it. */
export interface LastPoll {
  /** ISO. */
  time: string;
  /** The answer was the one of the poll before, and was not read. */
  unchanged: boolean;
  found: number;
  fired: number;
  waiting: number;
  cursor: string;
}

/** When the next poll is due, milliseconds since 1970, or why none is. */
export type NextPoll = number | 'paused' | 'elsewhere' | null;

/** Shows on the node what it does: the last result, and when it goes on. */
export class PollStatus {
  readonly #node: Node;
  readonly #say: Say;
  #result = '';
  #fill: NodeStatus['fill'] = 'green';
  #next: NextPoll = null;
  #last: LastPoll | undefined;
  #waiting = false;

  constructor(node: Node, say: Say) {
    this.#node = node;
    this.#say = say;
  }

  get next(): NextPoll {
    return this.#next;
  }

  get last(): LastPoll | undefined {
    return this.#last;
  }

  polling(): void {
    this.#node.status({ fill: 'blue', shape: 'dot', text: this.#say('status.polling') });
  }

  /** A poll may have to wait for a limit of its connection, or before another attempt. */
  progress(): Omit<SendOptions, 'signal'> {
    const wait = (until: number): void => {
      this.#waiting = true;
      const say = (time: string) =>
        time ? this.#say('status.waitingUntil', { time }) : this.#say('status.waiting');
      this.#node.status(waitingStatus(until, say));
    };
    return {
      onWait: wait,
      onRetry: (_attempt, delay) => wait(Date.now() + delay),
      onStart: () => {
        if (this.#waiting) this.polling();
        this.#waiting = false;
      },
    };
  }

  due(next: NextPoll): void {
    this.#next = next;
    // what this instance did before, or could not do, says nothing of the polls of the other
    if (next === 'elsewhere') [this.#result, this.#fill] = ['', 'green'];
    // a poll that is going on says so; what is due after it is shown with its result
    if (typeof next !== 'number') this.#show();
  }

  resumed(fired: number): void {
    this.#done(this.#say('status.resumed', { count: fired }));
  }

  reported(report: PollReport): void {
    const { unchanged, found, fired, waiting, cursor, bad, cursorless } = report;
    this.#last = { time: new Date().toISOString(), unchanged, found, fired, waiting, cursor };
    const parts = [
      this.#summary(report),
      ...(waiting > 0 ? [this.#say('status.carried', { count: waiting })] : []),
    ];
    this.#done(parts.join(' · '), bad || cursorless ? 'yellow' : 'green');
  }

  failed(error: unknown): void {
    this.#result = classify(error).code;
    this.#fill = 'red';
    this.#show();
  }

  clear(): void {
    this.#node.status({});
  }

  #summary({ baseline, unchanged, fired, found }: PollReport): string {
    if (baseline !== 'none' && fired === 0) return this.#say('status.baseline', { count: found });
    if (unchanged && fired === 0) return this.#say('status.unchanged');
    return this.#say('status.new', { count: fired });
  }

  #done(text: string, fill: NodeStatus['fill'] = 'green'): void {
    this.#result = `${text} · ${timeOf(Date.now())}`;
    this.#fill = fill;
    this.#show();
  }

  #nextText(): string {
    if (this.#next === 'paused') return this.#say('status.paused');
    if (this.#next === 'elsewhere') return this.#say('status.elsewhere');
    if (this.#next === null || !Number.isFinite(this.#next)) return '';
    return this.#say('status.next', { time: timeOf(this.#next) });
  }

  #show(): void {
    const next = this.#nextText();
    const text = [this.#result, next].filter(Boolean).join(' · ');
    if (!text) return;
    const idle = typeof this.#next === 'string';
    this.#node.status({
      fill: idle && this.#fill === 'green' ? 'grey' : this.#fill,
      shape: this.#fill === 'red' || idle ? 'ring' : 'dot',
      text,
    });
  }
}

/** The time of day, with the date when that is another one. */
function timeOf(time: number): string {
  const date = new Date(time);
  const clock = date.toTimeString().slice(0, 8);
  return date.toDateString() === new Date().toDateString()
    ? clock
    : `${date.toISOString().slice(0, 10)} ${clock}`;
}
