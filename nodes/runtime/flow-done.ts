/**
 * When a flow is done with a message: every delivery of it to a node, and of whatever that node sent on because of it, has
 * been completed. What this can see and what not: docs/decisions/0010-flow-done.md.
 *
 * It lives on Node-RED's message hooks, which are there only while a node uses this: without them Node-RED asks nobody.
 */
import type { Node, NodeAPI, NodeMessage } from 'node-red';

type Message = NodeMessage & { _msgid: string };
type FlowingNode = Node & {
  /** How many of its handlers take `done`: one without any is over when its handler returns. */
  _expectedDoneCount?: number;
};

interface SendEvent {
  msg: Message;
  source: { id: string; node: FlowingNode };
  destination: { id: string; node?: FlowingNode };
}
interface ReceiveEvent {
  msg: Message;
  destination: { id: string; node: FlowingNode };
}
interface CompleteEvent {
  msg: Message;
  error?: unknown;
  node: { id: string; node: FlowingNode };
}

interface Hooks {
  add(name: string, callback: (event: unknown) => void): void;
  remove(name: string): void;
}

/** A message that is followed through the flow. */
interface Followed {
  ids: string[];
  /** Deliveries that are not completed, and at which nodes. */
  pending: number;
  at: Map<FlowingNode, number>;
  /** A node that says nothing about its end had it: it may still send something on. */
  isVague: boolean;
  isChecked: boolean;
  cancelCheck: () => void;
  deadline: NodeJS.Timeout | undefined;
  end: (failed?: { error: unknown }) => void;
}

export interface FollowOptions {
  /** Milliseconds; 0 for no limit. */
  timeout: number;
  /** What the flow is when they are over: done, or failed with this error. */
  onTimeout: 'done' | Error;
}

/** Milliseconds in which a node that never says that it is done may send on what it makes of a message. */
const vagueness = 50;
/** Node-RED wants a label to remove a hook by. */
const label = 'http-connector-flow-done';

class FlowDone {
  readonly #hooks: Hooks;
  readonly #followed = new Map<string, Followed>();
  /** Deliveries that were counted when they were sent; their receipt is not a second one. */
  readonly #announced = new WeakSet<object>();
  /** Which message a node is busy with: some nodes take its id away before they are done with it. */
  readonly #taken = new WeakMap<object, Followed>();
  /** Nodes whose `error` and `close` are listened to, and what ends that. */
  readonly #watched = new Map<FlowingNode, () => void>();
  /** The nodes that are handling a message at this moment, one inside the other. */
  #handling: { node: FlowingNode; followed: Followed | undefined }[] = [];
  #users = 0;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  use(): void {
    if (this.#users++ > 0) return;
    const add = <E>(name: string, hear: (event: E) => void) =>
      // one parameter: Node-RED then calls it in the same turn and waits for nothing
      this.#hooks.add(`${name}.${label}`, (event) => hear(event as E));
    add<SendEvent[]>('onSend', (events) => this.#sent(events));
    add<SendEvent>('preDeliver', (event) => this.#delivering(event));
    add<ReceiveEvent>('onReceive', (event) => this.#receiving(event));
    add<ReceiveEvent>('postReceive', (event) => this.#received(event));
    add<CompleteEvent>('onComplete', (event) => this.#completed(event));
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#hooks.remove(`*.${label}`);
    for (const restore of this.#watched.values()) restore();
    this.#watched.clear();
  }

  follow(send: (id: string) => void, id: string, { timeout, onTimeout }: FollowOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const followed: Followed = {
        ids: [id],
        // the sending itself, so that nothing is over before it has begun
        pending: 1,
        at: new Map(),
        isVague: false,
        isChecked: false,
        cancelCheck: () => undefined,
        deadline: undefined,
        end: (failed) => {
          this.#forget(followed);
          if (failed) reject(asError(failed.error));
          else resolve();
        },
      };
      this.#followed.set(id, followed);
      if (timeout > 0) {
        followed.deadline = setTimeout(
          () => followed.end(onTimeout === 'done' ? undefined : { error: onTimeout }),
          timeout,
        );
      }
      try {
        send(id);
      } catch (error) {
        followed.end({ error });
        return;
      }
      this.#less(followed);
    });
  }

  #forget(followed: Followed): void {
    for (const id of followed.ids) this.#followed.delete(id);
    clearTimeout(followed.deadline);
    followed.cancelCheck();
  }

  /** What a node sends while it handles a followed message belongs to that, whatever id it has or gets. */
  #sent(events: SendEvent[]): void {
    const { node, followed } = this.#handling.at(-1) ?? {};
    if (!followed) return;
    for (const { msg, source } of events) {
      if (source.node !== node || this.#followed.has(msg._msgid)) continue;
      followed.ids.push(msg._msgid);
      this.#followed.set(msg._msgid, followed);
    }
  }

  #delivering({ msg, destination: { node } }: SendEvent): void {
    const followed = this.#followed.get(msg._msgid);
    if (!followed || !node) return;
    arrive(followed, node);
    this.#announced.add(msg);
  }

  #receiving({ msg, destination: { node } }: ReceiveEvent): void {
    const followed = this.#followed.get(msg._msgid);
    // a hook of somebody else may have kept a message back, whose end is then never told
    if (this.#handling.length >= deepest) this.#handling = [];
    this.#handling.push({ node, followed });
    if (!followed) return;
    // Catch, Complete, Status and link nodes get theirs without its being sent
    if (!this.#announced.delete(msg)) arrive(followed, node);
    this.#taken.set(msg, followed);
    this.#watch(node);
  }

  #received({ msg, destination: { node } }: ReceiveEvent): void {
    const index = this.#handling.findLastIndex((handling) => handling.node === node);
    if (index >= 0) this.#handling.length = index;
    if (node._expectedDoneCount) return;
    const followed = this.#taken.get(msg);
    if (!followed) return;
    followed.isVague = true;
    leave(followed, node);
    this.#less(followed);
  }

  #completed({ msg, error, node: { node } }: CompleteEvent): void {
    const followed = this.#taken.get(msg);
    if (!followed?.at.has(node)) return;
    if (error) followed.end({ error });
    else if (node._expectedDoneCount) {
      leave(followed, node);
      this.#less(followed);
    }
  }

  #less(followed: Followed): void {
    followed.pending--;
    if (followed.pending > 0 || followed.isChecked) return;
    followed.isChecked = true;
    // some nodes say that they are done before they send
    const look = () => {
      followed.isChecked = false;
      if (followed.pending <= 0) followed.end();
    };
    if (followed.isVague) {
      const timer = setTimeout(look, vagueness);
      followed.cancelCheck = () => clearTimeout(timer);
    } else {
      const immediate = setImmediate(look);
      followed.cancelCheck = () => clearImmediate(immediate);
    }
  }

  /**
   * `node.error(text, msg)` runs no hook: it is only logged, or goes to a Catch node. And what a node has when it is
   * stopped, by a deploy, never comes to an end; the core delay node even says then that it is done with it.
   */
  #watch(node: FlowingNode): void {
    if (this.#watched.has(node)) return;
    const unhearError = wrap(node, 'error', (original, ...args) => {
      original(...args);
      const id = (args[1] as Partial<Message> | undefined)?._msgid;
      if (id !== undefined) this.#followed.get(id)?.end({ error: args[0] });
    });
    const unhearClose = wrap(node, 'close', (original, ...args) => {
      this.#watched.delete(node);
      for (const followed of new Set(this.#followed.values())) {
        if (followed.at.has(node)) followed.end({ error: new Error('a node of the flow was stopped') });
      }
      return original(...args);
    });
    this.#watched.set(node, () => {
      unhearError();
      unhearClose();
    });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

type Call = (...args: unknown[]) => unknown;

/** Puts something in front of a method of one object. @returns what takes it away again */
function wrap(
  node: FlowingNode,
  name: 'error' | 'close',
  call: (original: Call, ...args: unknown[]) => unknown,
): () => void {
  const methods = node as unknown as Record<string, Call>;
  const own = Object.hasOwn(methods, name);
  const before = methods[name]!;
  const wrapped: Call = (...args) => call(before.bind(node), ...args);
  methods[name] = wrapped;
  return () => {
    // somebody else put something in front of ours
    if (methods[name] !== wrapped) return;
    if (own) methods[name] = before;
    else delete methods[name];
  };
}

/** Nodes that hand a message to each other without a turn of the event loop in between. */
const deepest = 1000;

function arrive(followed: Followed, node: FlowingNode): void {
  followed.pending++;
  followed.at.set(node, (followed.at.get(node) ?? 0) + 1);
}

function leave({ at }: Followed, node: FlowingNode): void {
  const count = (at.get(node) ?? 0) - 1;
  if (count > 0) at.set(node, count);
  else at.delete(node);
}

/** One for the runtime: its hooks are one for the runtime too. */
let shared: FlowDone | undefined;

/** A node's use of it, until it is released. */
export interface FlowDoneUse {
  /**
   * Sends a message, and resolves when the flow is done with it.
   *
   * @param send sends the message with this `_msgid`
   * @param id that no other message has
   * @throws whatever a node of the flow said was wrong, or what `onTimeout` says
   */
  follow(send: (id: string) => void, id: string, options: FollowOptions): Promise<void>;
  release(): void;
}

export function useFlowDone(RED: NodeAPI): FlowDoneUse {
  const flowDone = (shared ??= new FlowDone((RED as unknown as { hooks: Hooks }).hooks));
  flowDone.use();
  let released = false;
  return {
    follow: (send, id, options) => flowDone.follow(send, id, options),
    release() {
      if (released) return;
      released = true;
      flowDone.release();
    },
  };
}
