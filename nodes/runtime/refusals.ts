import type { Node } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { refusalAnswer, type Answer } from '../../src/webhook/answer';
import type { Refusal, RefusalCode } from '../../src/webhook/refusal';
import { failWithout } from './failures';

/** What Catch nodes hear of. */
const faults: ReadonlySet<RefusalCode> = new Set(['INTERNAL', 'BODY_CONSUMED']);
/** Why these were refused stands in the log: what helps to set it up. Of others the reason may quote the delivery. */
const explained: ReadonlySet<RefusalCode> = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'CONFIG']);

/** Refused deliveries may come in any number: one line a minute tells of them. */
const warnEvery = 60_000;

/**
 * Makes a function that shows a refused delivery on the node and gives its answer. A sender's fault is not raised to
 * Catch nodes: anybody who knows the URL could flood a flow with it. A fault on this side is an error of the node. The
 * log names why a delivery was refused, and nothing else of it.
 */
export function refusalsOf(node: Node, scheme: 'Basic' | 'Secret' = 'Secret'): (refusal: Refusal) => Answer {
  let nextWarning = 0;
  return (refusal) => {
    const { code, status, detail } = refusal;
    const text = `${status} ${code}`;
    if (faults.has(code)) failWithout(node, failureOf(refusal));
    else {
      node.status({ fill: code === 'CONFIG' ? 'red' : 'yellow', shape: 'ring', text });
      const now = Date.now();
      if (now >= nextWarning) {
        nextWarning = now + warnEvery;
        node.warn(`refused a delivery: ${text}${explained.has(code) ? `: ${detail}` : ''}`);
      }
    }
    return refusalAnswer(refusal, scheme);
  };
}

function failureOf({ message, cause }: Refusal): Failure {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new Failure('INTERNAL', `${message}${reason}`, { cause });
}
