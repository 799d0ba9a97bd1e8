import { randomUUID } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import type { Page } from '../../src/paging/pages';
import type { PagingPosition } from '../../src/paging/position';
import type { SendPagingConfig } from './config';
import { answered, type Emit, type Message } from './message';

/** `msg.failure.paging`: a message that comes back with it goes on from there. */
export interface MessagePosition extends PagingPosition {
  /** The node that it belongs to. */
  node: string;
  /** `msg.parts.id` of the messages before it. */
  parts: string;
}

/** The position that a message brings back to the node that it belongs to. */
export function positionOf(msg: Message, node: string): MessagePosition | undefined {
  const paging = (msg.failure as { paging?: Partial<MessagePosition> } | undefined)?.paging;
  return paging && paging.node === node ? (paging as MessagePosition) : undefined;
}

/** What becomes of the pages of one message. */
interface Output {
  page(page: Page): Promise<void>;
  /** A failure ends the pages early: what was held back leaves, and the position counts it. */
  end(): Promise<void>;
}

interface OutputOptions {
  RED: NodeAPI;
  /** What every message is a copy of. */
  base: Message;
  /** Where the records go. */
  path: string;
  parts: string;
  /** How many records, or pages, left before this run. */
  first: { page: number; records: number };
  emit: Emit;
}

type Parts = { id: string; type: 'array'; index: number; len: number; count?: number };

function outgoing({ RED, base, path, parts }: OutputOptions, payload: unknown, page: Page): Message {
  const { index, complete, stopped, summary } = page;
  const msg = answered(RED, RED.util.cloneMessage(base), path, payload, summary);
  msg.paging = { page: index, complete, ...(stopped ? { stopped } : {}) };
  msg.parts = { id: parts, type: 'array' };
  return msg;
}

const outputs: Readonly<Record<SendPagingConfig['output'], (options: OutputOptions) => Output>> = {
  page: (options) => ({
    async page(page) {
      const msg = outgoing(options, page.records, page);
      // core join puts lists together whose `len` is more than 1
      Object.assign(msg.parts as Parts, { index: page.index, len: Math.max(2, page.records.length) });
      if (page.complete || page.stopped) (msg.parts as Parts).count = page.index + 1;
      await options.emit(msg);
    },
    end: () => Promise.resolve(),
  }),

  record: (options) => {
    let index = options.first.records;
    // the last record says how many there are, and a page that comes to an end does not know yet whether it is the last
    let held: Message | undefined;
    const release = async (count?: number): Promise<void> => {
      if (!held) return;
      const msg = held;
      held = undefined;
      if (count !== undefined) (msg.parts as Parts).count = count;
      await options.emit(msg);
    };
    return {
      async page(page) {
        for (const record of page.records) {
          await release();
          held = outgoing(options, record, page);
          Object.assign(held.parts as Parts, { index: index++, len: 1 });
        }
        if (page.complete || page.stopped) await release(index);
      },
      end: () => release(),
    };
  },

  all: (options) => {
    const records: unknown[] = [];
    return {
      async page(page) {
        for (const record of page.records) records.push(record);
        if (!page.complete && !page.stopped) return;
        const msg = outgoing(options, records, page);
        delete msg.parts;
        await options.emit(msg);
      },
      end: () => Promise.resolve(),
    };
  },
};

/**
 * Puts out the pages of one message as they arrive.
 *
 * @throws Failure with the position to go on from; where all records leave together, none has left, and there is no
 *   position
 */
export async function putOut(
  source: AsyncIterable<Page>,
  kind: SendPagingConfig['output'],
  { RED, msg, path, node, resume, emit }: PutOutOptions,
): Promise<void> {
  const base = RED.util.cloneMessage(msg);
  RED.util.setMessageProperty(base, path, undefined);
  if (resume) delete base.failure;
  const parts = resume?.parts ?? randomUUID();
  const first = { page: resume?.page ?? 0, records: resume?.records ?? 0 };
  const output = outputs[kind]({ RED, base, path, parts, first, emit });
  try {
    for await (const page of source) await output.page(page);
  } catch (error) {
    await output.end();
    if (error instanceof Failure && error.paging) {
      if (kind === 'all') error.paging = undefined;
      else {
        const position: MessagePosition = { ...error.paging, node, parts };
        error.paging = position;
      }
    }
    throw error;
  }
}

export interface PutOutOptions {
  RED: NodeAPI;
  msg: Message;
  path: string;
  /** Id of this node. */
  node: string;
  resume: MessagePosition | undefined;
  emit: Emit;
}
