import { Failure } from '../../src/exchange/failure';
import type { PollLoop } from '../../src/polling/loop';
import type { Poller } from '../../src/polling/poller';
import type { LastPoll, NextPoll, PollStatus } from './poll-status';

const commands = ['poll', 'pause', 'resume', 'reset', 'keep'] as const;
type Command = (typeof commands)[number];

/** What a person or a message can do with a node that polls. */
export class Controls {
  readonly #poller: Poller;
  readonly #loop: PollLoop;
  readonly #status: PollStatus;

  constructor(poller: Poller, loop: PollLoop, status: PollStatus) {
    this.#poller = poller;
    this.#loop = loop;
    this.#status = status;
  }

  start(): void {
    this.#loop.start();
  }

  async close(): Promise<void> {
    await this.#loop.close(
      new Failure('ABORTED', 'the node was stopped or deployed again', { retryable: true }),
    );
    this.#status.clear();
  }

  get state(): { paused: boolean; next: NextPoll; last?: LastPoll } {
    const { next, last } = this.#status;
    return { paused: next === 'paused', next: next === Number.POSITIVE_INFINITY ? null : next, last };
  }

  /**
   * @param asked `poll`, `pause`, `resume`, `reset`, `keep`, or `{ rewind: … }` with a value of the cursor or a date
   * @throws Failure INVALID_REQUEST for anything else; CONFIG where there is no cursor to go back with; STATE
   */
  async obey(asked: unknown): Promise<void> {
    const command = commands.find((name) => name === asked);
    if (command) return this.#commands[command]();
    const to = (asked as { rewind?: unknown } | null | undefined)?.rewind;
    if (typeof to === 'string' || typeof to === 'number' || to instanceof Date) {
      return this.#loop.perform(() => this.#poller.rewind(to), true);
    }
    throw new Failure(
      'INVALID_REQUEST',
      `a control message has ${commands.map((name) => `"${name}"`).join(', ')} or { rewind: … } as its payload`,
    );
  }

  readonly #commands: Readonly<Record<Command, () => void | Promise<void>>> = {
    poll: () => this.#loop.pollNow(),
    pause: () => this.#loop.pause(),
    resume: () => this.#loop.resume(),
    reset: () => this.#loop.perform(() => this.#poller.reset(), true),
    keep: () => this.#loop.perform(() => this.#poller.keep()),
  };
}
