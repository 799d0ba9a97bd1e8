import type { NodeAPI, NodeMessage } from 'node-red';
import type { AnswerSummary } from '../../src/exchange/exchange';
import { Failure } from '../../src/exchange/failure';

export type Message = NodeMessage & Record<string, unknown>;

/** Takes a message that leaves the node; what is to wait for it waits. */
export type Emit = (msg: Message) => void | Promise<void>;

/**
 * The message with its answer.
 *
 * @param path of the property that the body goes to
 * @throws Failure CONFIG when something on the way to the property is there and is not an object
 */
export function answered(
  RED: NodeAPI,
  msg: Message,
  path: string,
  body: unknown,
  summary?: AnswerSummary,
): Message {
  if (!RED.util.setMessageProperty(msg, path, body, true)) {
    throw new Failure(
      'CONFIG',
      `the answer cannot be put in msg.${path}: something on the way there is not an object`,
    );
  }
  if (summary) {
    msg.statusCode = summary.statusCode;
    msg.response = summary;
  }
  return msg;
}
