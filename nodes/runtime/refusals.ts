import type { Node } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { refusalAnswer, type Answer } from '../../src/webhook/answer';
import type { Refusal } from '../../src/webhook/refusal';
import { failWithout } from './failures';

/** Refused deliveries may come in any number: one line a minute tells of them. */
const warnEvery = 60_000;

/**
 * Makes a function that shows a refused delivery on the node and gives its answer. A sender's fault is not raised to
 * Catch nodes: anybody who knows the URL could flood a flow with it. A fault on this side is an error of the node. The
 * log names no detail of a delivery.
 */
export function refusalsOf(node: Node): (refusal: Refusal) => Answer {
  let nextWarning = 0;
  return (refusal) => {
    const { code, status } = refusal;
    const text = `${status} ${code}`;
    if (code === 'INTERNAL' || code === 'BODY_CONSUMED') failWithout(node, failureOf(refusal));
    else {
      node.status({ fill: code === 'CONFIG' ? 'red' : 'yellow', shape: 'ring', text });
      const now = Date.now();
      if (now >= nextWarning) {
        nextWarning = now + warnEvery;
        node.warn(`refused a delivery: ${text}`);
      }
    }
    return refusalAnswer(refusal);
  };
}

function failureOf({ message, cause }: Refusal): Failure {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new Failure('INTERNAL', `${message}${reason}`, { cause });
}
